//! User activity that tabs report, and sessions that tabs find idle (article 4: "sync timers between tabs for
//! `lastUserActionTime`").
//!
//! Tabs use the server's clock, and the server decides. Activity is recorded with the time of the activity. A
//! session ends as idle only if no newer activity is known.

use super::{Session, SessionKey, SessionRecord, SessionState, Sessions};
use crate::store::StoreError;
use auth_types::{SessionTimes, TabFacts};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// Minimum time between two records of activity, however often tabs report activity.
const SHORTEST_INTERVAL: TimeDelta = TimeDelta::seconds(1);

/// The outcome of a request to end an idle session.
#[derive(Clone, Debug)]
pub enum IdleEnd {
    /// The session has ended, now or before.
    Ended,
    /// The user was active later than the tab knew.
    NewerActivity(Arc<SessionRecord>),
    /// The idle limit is not reached yet.
    NotIdle(Arc<SessionRecord>),
}

impl Sessions {
    /// Records that the user was active `ago` before now, unless later activity is known. Returns the record
    /// with the new times if something was written.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn note_activity(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        ago: TimeDelta,
    ) -> Result<Option<SessionRecord>, StoreError> {
        let seen_at = self.clock.now() - ago.max(TimeDelta::zero());
        // Skip the store, and keep the cache, if nothing would be written.
        if seen_at - record.last_seen_at < SHORTEST_INTERVAL {
            return Ok(None);
        }
        self.see(key, record, seen_at, SHORTEST_INTERVAL).await
    }

    /// Ends a session whose user has been away for too long. `last_activity` is the last activity
    /// that the tab knows of.
    ///
    /// The store compares and sets, so a tab that slept never ends a session that was used since.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn end_if_idle(
        &self,
        key: &SessionKey,
        last_activity: DateTime<Utc>,
    ) -> Result<IdleEnd, StoreError> {
        // Loading a session ends the session if it is idle by this app's limit.
        let SessionState::SignedIn(Session { record, .. }) = self.reload(key).await? else {
            return Ok(IdleEnd::Ended);
        };
        let is_newer = record.last_seen_at.timestamp_millis() > last_activity.timestamp_millis();
        Ok(if is_newer { IdleEnd::NewerActivity(record) } else { IdleEnd::NotIdle(record) })
    }

    /// The times of a session, for its tabs.
    #[must_use]
    pub fn times(&self, record: &SessionRecord) -> SessionTimes {
        SessionTimes {
            now: self.clock.now().timestamp_millis(),
            last_activity: record.last_seen_at.timestamp_millis(),
            expires: record.expires_at.timestamp_millis(),
        }
    }

    /// The facts that a page contains for its tab, so that the tab sends no request for them.
    #[must_use]
    pub fn tab_facts(&self, record: Option<&SessionRecord>) -> TabFacts {
        let policy = &self.policy;
        let now = self.clock.now().timestamp_millis();
        TabFacts {
            times: record
                .map_or(SessionTimes { now, last_activity: now, expires: now }, |record| self.times(record)),
            idle_limit: policy.idle_timeout.map(|limit| limit.num_milliseconds()),
            idle_warning: policy.idle_warning().num_milliseconds(),
            beacon_interval: policy.write_interval().num_milliseconds(),
            hub: None,
        }
    }
}
