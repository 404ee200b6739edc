//! Ends sessions: by a sign-out, for idleness, or by a logout from the provider.

use super::{SessionKey, SessionRecord, Sessions};
use crate::{
    events::SessionEvent,
    store::StoreError,
    store::{Logout, SessionState},
};
use auth_types::EndReason;

impl Sessions {
    /// Ends a session. Once this returns, the session is refused. Returns `false` if the session was not
    /// live.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. The session may or may not have ended: a store that
    /// hangs may still carry out the change.
    pub async fn end(&self, key: &SessionKey, reason: EndReason) -> Result<bool, StoreError> {
        // The store forgets the user when the session ends, so load the record for the hooks first.
        let was = if self.hooks.has_sign_out_hooks() {
            self.store.load(key, self.clock.now()).await?
        } else {
            SessionState::SignedOut(None)
        };
        let ended = self.store.end(key, reason, self.clock.now()).await;
        let ended = self.forget_on_error(key, ended)?;
        if ended {
            self.metrics.session_ended(reason);
        }
        self.publish(SessionEvent::Ended(*key, reason)).await;
        if let SessionState::SignedIn(record) = was
            && ended
        {
            self.hooks.signed_out(reason, Some(&record.public_id), Some(&record));
        }
        Ok(ended)
    }

    /// Ends several sessions of one browser.
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

    /// Ends a session whose user has been away for too long. Returns `false` if the session was used since
    /// `record` was read.
    pub(super) async fn end_idle(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
    ) -> Result<bool, StoreError> {
        let ended = self.store.end_idle(key, record.last_seen_at, self.clock.now()).await;
        let ended = self.forget_on_error(key, ended)?;
        if ended {
            self.metrics.session_ended(EndReason::Idle);
            self.publish(SessionEvent::Ended(*key, EndReason::Idle)).await;
            self.hooks.signed_out(EndReason::Idle, Some(&record.public_id), Some(record));
        }
        Ok(ended)
    }

    /// Ends the sessions that a logout names, and refuses sign-ins under way that began before the logout.
    /// Returns the keys of the ended sessions.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn log_out(&self, logout: Logout<'_>) -> Result<Vec<SessionKey>, StoreError> {
        let ended = self.store.log_out(logout, self.clock.now()).await?;
        Ok(self.notify_revoked(ended, None, None).await)
    }

    /// Publishes that sessions were revoked, and runs the sign-out hooks. `session` is the public id if one
    /// session was meant. `user` is a session of the same user, if known.
    pub(super) async fn notify_revoked(
        &self,
        ended: Vec<SessionKey>,
        session: Option<&str>,
        user: Option<&SessionRecord>,
    ) -> Vec<SessionKey> {
        for key in &ended {
            self.metrics.session_ended(EndReason::Revoked);
            self.publish(SessionEvent::Ended(*key, EndReason::Revoked)).await;
            self.hooks.signed_out(EndReason::Revoked, session, user);
        }
        ended
    }
}
