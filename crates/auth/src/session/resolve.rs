//! What a session cookie leads to: on every request, so from memory where that is recent enough.

use super::{SessionKey, SessionRecord, Sessions, engine::SessionUnavailable};
use crate::{
    cookie::SessionId,
    events::{BusMessage, SessionEvent},
    store::Lookup,
};
use auth_types::EndReason;
use std::{future::Future, sync::Arc};
use tokio::sync::broadcast::error::RecvError;

/// What a session cookie led to.
#[derive(Clone, Debug)]
pub enum Resolution {
    /// A live session.
    SignedIn(SessionKey, Arc<SessionRecord>),
    /// It has ended.
    Ended(EndReason),
    /// It opens nothing.
    Unknown,
}

impl Sessions {
    /// The live session of a cookie's value, if it was looked up a moment ago: then the store need not be
    /// asked.
    pub(crate) fn remembered(&self, cookie: &str) -> Option<(SessionKey, Arc<SessionRecord>)> {
        let key = SessionId::parse(cookie)?.key();
        let record = self.cache.get(&key)?;
        (record.expires_at > self.clock.now()).then_some((key, record))
    }

    /// What the cookie's value leads to. Garbage is [`Resolution::Unknown`].
    ///
    /// # Errors
    /// [`SessionUnavailable`] when the store does not answer.
    pub async fn resolve(&self, cookie: &str) -> Result<Resolution, SessionUnavailable> {
        let Some(id) = SessionId::parse(cookie) else {
            return Ok(Resolution::Unknown);
        };
        self.look(&id.key()).await
    }

    /// What a key leads to, for who has it already.
    ///
    /// # Errors
    /// [`SessionUnavailable`] when the store does not answer.
    pub async fn look(&self, key: &SessionKey) -> Result<Resolution, SessionUnavailable> {
        let key = *key;
        if let Some(record) = self.cache.get(&key)
            && record.expires_at > self.clock.now()
        {
            return Ok(Resolution::SignedIn(key, record));
        }
        // What seems to be over may have been used since it was remembered.
        self.look_in_store(key).await
    }

    /// Returns once the session has ended, wherever that was. A store in trouble ends nothing.
    pub(crate) fn ended(&self, key: SessionKey) -> impl Future<Output = ()> + Send + use<> {
        let mut bus = self.events();
        let sessions = self.clone();
        async move {
            loop {
                match bus.recv().await {
                    Ok(BusMessage::Event(SessionEvent::Ended(ended, _))) if ended == key => return,
                    Ok(BusMessage::Event(_)) => {}
                    Ok(BusMessage::Lagged) | Err(RecvError::Lagged(_)) => {
                        if !sessions.lives(&key).await.unwrap_or(true) {
                            return;
                        }
                    }
                    // The process is about to stop.
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }

    /// The same without what is remembered.
    async fn look_in_store(&self, key: SessionKey) -> Result<Resolution, SessionUnavailable> {
        loop {
            let begun = self.cache.begin();
            let mut record = match self.store.load(&key, self.clock.now()).await? {
                Lookup::Live(record) => record,
                Lookup::Ended(reason) => return Ok(Resolution::Ended(reason)),
                Lookup::Unknown => return Ok(Resolution::Unknown),
            };
            // Apps that share a store may have different limits: each judges by its own, from the last
            // activity in any of them.
            record.expires_at = self.policy.expires_at(record.last_seen_at, record.absolute_expires_at);
            let record: Arc<SessionRecord> = Arc::from(record);
            let now = self.clock.now();
            if record.expires_at > now {
                self.cache.remember(begun, key, record.clone());
                return Ok(Resolution::SignedIn(key, record));
            }
            if !self.policy.is_idle(record.last_seen_at, now) {
                return Ok(Resolution::Ended(EndReason::Expired));
            }
            // Away for too long, unless it was used meanwhile: then it is looked at once more.
            if self.end_idle(&key, &record).await? {
                return Ok(Resolution::Ended(EndReason::Idle));
            }
        }
    }

    /// The same from the store itself, whatever was looked up a moment ago.
    ///
    /// # Errors
    /// [`SessionUnavailable`] when the store does not answer.
    pub async fn look_again(&self, key: &SessionKey) -> Result<Resolution, SessionUnavailable> {
        self.cache.forget(key);
        self.look(key).await
    }

    /// Whether the session lives right now.
    ///
    /// # Errors
    /// [`SessionUnavailable`] when the store does not answer.
    pub async fn lives(&self, key: &SessionKey) -> Result<bool, SessionUnavailable> {
        Ok(matches!(self.store.load(key, self.clock.now()).await?, Lookup::Live(_)))
    }
}
