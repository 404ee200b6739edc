//! Finds the session of a cookie. This runs for every request, so a recent cache entry is enough.

use super::{Session, SessionKey, SessionRecord, Sessions};
use crate::{
    cookie::SessionId,
    events::{BusMessage, SessionEvent},
    store::StoreError,
};
use auth_types::{EndReason, SessionState};
use std::{future::Future, sync::Arc};
use tokio::sync::broadcast::error::RecvError;

impl Sessions {
    /// Returns the live session of a cookie's value, from the cache only.
    pub(crate) fn cached(&self, cookie: &str) -> Option<Session> {
        let key = SessionId::parse(cookie)?.key();
        let record = self.cache.get(&key)?;
        (record.expires_at > self.clock.now()).then(|| self.session(key, record))
    }

    /// Returns the session of a cookie's value. A value that is no session id opens no session:
    /// `SignedOut(None)`.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn resolve(&self, cookie: &str) -> Result<SessionState<Session>, StoreError> {
        match SessionId::parse(cookie) {
            Some(id) => self.load(&id.key()).await,
            None => Ok(SessionState::SignedOut(None)),
        }
    }

    /// Returns the session with this key, from the cache if its entry is recent enough.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn load(&self, key: &SessionKey) -> Result<SessionState<Session>, StoreError> {
        let key = *key;
        if let Some(record) = self.cache.get(&key)
            && record.expires_at > self.clock.now()
        {
            return Ok(SessionState::SignedIn(self.session(key, record)));
        }
        // Another process may have extended the session since it was cached.
        self.load_from_store(key).await
    }

    /// Returns the session with this key, from the store and never from the cache.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn reload(&self, key: &SessionKey) -> Result<SessionState<Session>, StoreError> {
        self.cache.forget(key);
        self.load_from_store(*key).await
    }

    async fn load_from_store(&self, key: SessionKey) -> Result<SessionState<Session>, StoreError> {
        loop {
            let lookup = self.cache.begin();
            let mut record = match self.store.load(&key, self.clock.now()).await? {
                SessionState::SignedIn(record) => record,
                SessionState::SignedOut(reason) => return Ok(SessionState::SignedOut(reason)),
            };
            // Apps that share a store may have different limits. Each app applies its own, counted from the
            // last activity in any app.
            record.expires_at = self.policy.expires_at(record.last_seen_at, record.absolute_expires_at);
            let record: Arc<SessionRecord> = Arc::from(record);
            let now = self.clock.now();
            if record.expires_at > now {
                self.cache.remember(lookup, key, record.clone());
                return Ok(SessionState::SignedIn(self.session(key, record)));
            }
            if !self.policy.is_idle(record.last_seen_at, now) {
                return Ok(SessionState::SignedOut(Some(EndReason::Expired)));
            }
            // The session is idle. If it was used while we looked, the loop loads it again.
            if self.end_idle(&key, &record).await? {
                return Ok(SessionState::SignedOut(Some(EndReason::Idle)));
            }
        }
    }

    /// Whether the store has a live session with this key right now.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn is_live(&self, key: &SessionKey) -> Result<bool, StoreError> {
        Ok(self.store.load(key, self.clock.now()).await?.session().is_some())
    }

    /// Waits until this or another process ends the session, or until this process stops. While the store
    /// does not answer, the session counts as live.
    pub(crate) fn ended(&self, key: SessionKey) -> impl Future<Output = ()> + Send + use<> {
        let mut bus = self.events();
        let sessions = self.clone();
        async move {
            loop {
                match bus.recv().await {
                    Ok(BusMessage::Event(SessionEvent::Ended(ended, _))) if ended == key => return,
                    Ok(BusMessage::Event(_)) => {}
                    Ok(BusMessage::Lagged) | Err(RecvError::Lagged(_)) => {
                        if !sessions.is_live(&key).await.unwrap_or(true) {
                            return;
                        }
                    }
                    // The process is about to stop.
                    Err(RecvError::Closed) => return,
                }
            }
        }
    }
}
