//! "My devices": a user's live sessions, and ending them from another one.
//!
//! What is named here is the public id. It says nothing about the session id, opens nothing, and means
//! something only together with its user: ending looks for both at once.

use super::{Session, SessionRecord, Sessions, browser_name::browser_name, views::rfc3339};
use crate::store::SessionFilter;
use crate::store::StoreError;
use auth_types::{DeviceView, EndReason};

impl Sessions {
    /// The live sessions of this session's user, the newest first. Live is what any app on this store
    /// might still accept: one that has been idle for too long here may not be so for a neighbour.
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

    /// Ends the session with this public id, if it is a live one of `own`'s user; `false` when it is not.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer: then it has *not* ended.
    pub async fn end_device(&self, own: &Session, public_id: &str) -> Result<bool, StoreError> {
        Ok(self.end_of_user(own, SessionFilter::PublicId(public_id)).await? > 0)
    }

    /// Ends every session of `own`'s user but `own`; says how many there were.
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
            tracing::info!(session = oldest.public_id, "a user has too many sessions; the oldest ends");
            self.end_device(newest, &oldest.public_id).await?;
        }
        Ok(())
    }

    /// The live sessions of a user here.
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
