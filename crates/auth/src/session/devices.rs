//! "My devices": lists a user's live sessions, and ends them from another session.
//!
//! Sessions are named by their public id, which says nothing about the session id and opens no session. The
//! store finds the session to end by its public id and its user together.

use super::{Session, SessionRecord, Sessions, browser_name::browser_name, views::rfc3339};
use crate::store::SessionFilter;
use crate::store::StoreError;
use auth_types::{DeviceView, EndReason};

impl Sessions {
    /// Returns the live sessions of this session's user, newest first. A session that is idle by this app's
    /// limit is included, because another app on this store may still accept the session.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn devices(&self, own: &Session) -> Result<Vec<DeviceView>, StoreError> {
        let record = &own.record;
        let found = self.store.of_user(&record.issuer, &record.subject, self.clock.now()).await?;
        let views = found.into_iter().map(|device| DeviceView {
            browser: browser_name(device.user_agent.as_deref()),
            signed_in_at: rfc3339(device.created_at),
            last_seen_at: rfc3339(device.last_seen_at),
            is_this_one: device.public_id == record.public_id,
            id: device.public_id,
        });
        Ok(views.collect())
    }

    /// Ends the session with this public id. Returns `false` if `own`'s user has no such live session.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. The session may or may not have ended.
    pub async fn end_device(&self, own: &Session, public_id: &str) -> Result<bool, StoreError> {
        Ok(self.end_of_user(own, SessionFilter::PublicId(public_id)).await? > 0)
    }

    /// Ends every session of `own`'s user except `own`, and returns how many ended.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn end_other_devices(&self, own: &Session) -> Result<usize, StoreError> {
        self.end_of_user(own, SessionFilter::AllBut(&own.key)).await
    }

    /// Ends the oldest sessions of `newest`'s user beyond the limit (`AUTH_MAX_SESSIONS_PER_USER`).
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub(crate) async fn end_beyond_limit(&self, newest: &Session) -> Result<(), StoreError> {
        let record = &newest.record;
        let found = self.store.of_user(&record.issuer, &record.subject, self.clock.now()).await?;
        for oldest in found.iter().skip(self.policy.max_sessions_per_user) {
            tracing::info!(session = oldest.public_id, "too many sessions of one user; ending the oldest");
            self.end_device(newest, &oldest.public_id).await?;
        }
        Ok(())
    }

    /// Returns the live sessions of a user in this store.
    pub(crate) async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        self.store.of_user(issuer, subject, self.clock.now()).await
    }

    async fn end_of_user(&self, own: &Session, which: SessionFilter<'_>) -> Result<usize, StoreError> {
        let (issuer, subject) = (&own.record.issuer, &own.record.subject);
        let now = self.clock.now();
        let ended = self.store.end_of_user(issuer, subject, which, EndReason::Revoked, now).await?;
        let session = match which {
            SessionFilter::PublicId(id) => Some(id),
            SessionFilter::AllBut(_) => None,
        };
        Ok(self.notify_revoked(ended, session, Some(&own.record)).await.len())
    }
}
