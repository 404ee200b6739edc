//! Activity that a tab tells of, and the end of a session that a tab finds idle (article 4: "sync timers
//! between tabs for `lastUserActionTime`").
//!
//! The tabs count by the server's clock and the server decides: activity is noted for when it was, and a
//! session ends for idleness only if nobody knows of anything newer.

use super::{Resolution, SessionKey, SessionRecord, SessionUnavailable, Sessions};
use auth_types::{SessionTimes, TabFacts};
use chrono::{DateTime, TimeDelta, Utc};
use std::sync::Arc;

/// However often tabs tell of it, activity is written down no more than once in this time.
const SHORTEST_INTERVAL: TimeDelta = TimeDelta::seconds(1);

/// What became of the wish to end a session as idle.
#[derive(Clone, Debug)]
pub enum IdleEnd {
    /// It has ended, now or before.
    Ended,
    /// Its user was active later than the tab knew.
    NewerActivity(Arc<SessionRecord>),
    /// Its time is not up yet.
    NotIdle(Arc<SessionRecord>),
}

impl Sessions {
    /// Writes down that the user was active so long ago, unless later activity is known. The times after it:
    /// `Some` as a record when something was written.
    ///
    /// # Errors
    /// [`SessionUnavailable`] when the store does not answer.
    pub async fn note_activity(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        ago: TimeDelta,
    ) -> Result<Option<SessionRecord>, SessionUnavailable> {
        let seen_at = self.clock.now() - ago.max(TimeDelta::zero());
        // What would not be written anyway asks no store and has nothing looked up anew.
        if seen_at - record.last_seen_at < SHORTEST_INTERVAL {
            return Ok(None);
        }
        self.see(key, record, seen_at, SHORTEST_INTERVAL).await
    }

    /// Ends a session whose user is away for too long, if `last_activity` is the last there was: compare and
    /// set, so that a tab which slept never signs out one that was used meanwhile.
    ///
    /// # Errors
    /// [`SessionUnavailable`] when the store does not answer.
    pub async fn end_if_idle(
        &self,
        key: &SessionKey,
        last_activity: DateTime<Utc>,
    ) -> Result<IdleEnd, SessionUnavailable> {
        // Looking is enough: what is idle by this app's limit ends when it is looked at.
        let Resolution::SignedIn(_, record) = self.look_again(key).await? else {
            return Ok(IdleEnd::Ended);
        };
        let is_newer = record.last_seen_at.timestamp_millis() > last_activity.timestamp_millis();
        Ok(if is_newer { IdleEnd::NewerActivity(record) } else { IdleEnd::NotIdle(record) })
    }

    /// The times of a session, as tabs are told them.
    #[must_use]
    pub fn times(&self, record: &SessionRecord) -> SessionTimes {
        SessionTimes {
            now: self.clock.now().timestamp_millis(),
            last_activity: record.last_seen_at.timestamp_millis(),
            expires: record.expires_at.timestamp_millis(),
        }
    }

    /// What a page tells its tab, so that it need not ask for it.
    #[must_use]
    pub fn tab_facts(&self, record: &SessionRecord) -> TabFacts {
        let policy = &self.policy;
        TabFacts {
            times: self.times(record),
            idle_limit: policy.idle_timeout.map(|limit| limit.num_milliseconds()),
            idle_warning: policy.idle_warning().num_milliseconds(),
            beacon_interval: policy.write_interval().num_milliseconds(),
            hub: None,
        }
    }
}
