//! Retry with backoff: after a failed refresh, the next refresh of the session waits for a while.

use super::{RefreshError, lock};
use crate::session::SessionKey;
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::HashMap, sync::Mutex};

/// The pause after a first failure. Each further failure doubles the pause, up to `LONGEST_PAUSE`.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// The sessions in backoff.
#[derive(Default)]
pub(super) struct Backoff(Mutex<HashMap<SessionKey, Pause>>);

struct Pause {
    until: DateTime<Utc>,
    length: TimeDelta,
    error: RefreshError,
}

impl Backoff {
    /// Returns the error that began the pause of a session, while the pause lasts.
    pub(super) fn of(&self, key: &SessionKey, now: DateTime<Utc>) -> Option<RefreshError> {
        lock(&self.0).get(key).filter(|pause| now < pause.until).map(|pause| pause.error)
    }

    /// Begins a pause, longer than the last pause of the session.
    pub(super) fn begin(&self, key: SessionKey, error: RefreshError, now: DateTime<Utc>) {
        let mut backoff = lock(&self.0);
        // Pauses that ended long ago belong to sessions that are gone.
        backoff.retain(|_, pause| now < pause.until + LONGEST_PAUSE);
        let length = match (error, backoff.get(&key)) {
            // A missing refresh token will not appear soon.
            (RefreshError::NoRefreshToken, _) => LONGEST_PAUSE,
            (_, Some(last)) => (last.length * 2).min(LONGEST_PAUSE),
            (_, None) => FIRST_PAUSE,
        };
        backoff.insert(key, Pause { until: now + length, length, error });
    }

    /// Ends the backoff of a session.
    pub(super) fn end(&self, key: &SessionKey) {
        lock(&self.0).remove(key);
    }
}
