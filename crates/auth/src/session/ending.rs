//! Ending sessions: by their user, for being left alone, and by what the provider says.

use super::{SessionKey, SessionRecord, Sessions};
use crate::{
    events::SessionEvent,
    store::StoreError,
    store::{Logout, SessionState},
};
use auth_types::EndReason;

impl Sessions {
    /// Ends a session; it is refused from the moment this returns.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. Then it has not ended, as far as anybody knows:
    /// a store that hangs may still end it when it goes on.
    pub async fn end(&self, key: &SessionKey, reason: EndReason) -> Result<bool, StoreError> {
        // Who it was is forgotten with the session.
        let was = if self.hooks.has_sign_out_hooks() {
            self.store.load(key, self.clock.now()).await?
        } else {
            SessionState::SignedOut(None)
        };
        let ended = self.store.end(key, reason, self.clock.now()).await;
        let ended = self.known(key, ended)?;
        self.publish(SessionEvent::Ended(*key, reason)).await;
        if let SessionState::SignedIn(record) = was
            && ended
        {
            self.hooks.signed_out(reason, Some(&record.public_id), Some(&record));
        }
        Ok(ended)
    }

    /// Ends several sessions that one browser came with.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; some may have ended.
    pub(crate) async fn end_each(
        &self,
        keys: impl IntoIterator<Item = SessionKey>,
        reason: EndReason,
    ) -> Result<(), StoreError> {
        for key in keys {
            self.end(&key, reason).await?;
        }
        Ok(())
    }

    /// Ends a session whose user is away for too long; `false` when it was used since `record` was read.
    pub(super) async fn end_idle(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
    ) -> Result<bool, StoreError> {
        let ended = self.store.end_idle(key, record.last_seen_at, self.clock.now()).await;
        let ended = self.known(key, ended)?;
        if ended {
            self.publish(SessionEvent::Ended(*key, EndReason::Idle)).await;
            self.hooks.signed_out(EndReason::Idle, Some(&record.public_id), Some(record));
        }
        Ok(ended)
    }

    /// Ends the sessions that a logout means, and refuses sign-ins that began before it and are still under way.
    /// Returns the keys of those that ended.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn log_out(&self, logout: Logout<'_>) -> Result<Vec<SessionKey>, StoreError> {
        let ended = self.store.log_out(logout, self.clock.now()).await?;
        Ok(self.notify_revoked(ended, None, None).await)
    }

    /// Tells of sessions that ended by one act: `session` is the public id, where it was about one, and
    /// `user` a session of the same user.
    pub(super) async fn notify_revoked(
        &self,
        ended: Vec<SessionKey>,
        session: Option<&str>,
        user: Option<&SessionRecord>,
    ) -> Vec<SessionKey> {
        for key in &ended {
            self.publish(SessionEvent::Ended(*key, EndReason::Revoked)).await;
            self.hooks.signed_out(EndReason::Revoked, session, user);
        }
        ended
    }
}
