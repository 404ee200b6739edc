//! A provider in trouble is left alone for a while, for each session on its own.

use super::{RefreshError, lock};
use crate::session::SessionKey;
use chrono::{DateTime, TimeDelta, Utc};
use std::{collections::HashMap, sync::Mutex};

/// After a failure the provider is left alone for this long, doubled each time up to the limit.
const FIRST_PAUSE: TimeDelta = TimeDelta::seconds(5);
const LONGEST_PAUSE: TimeDelta = TimeDelta::seconds(60);

/// The sessions whose provider is left alone.
#[derive(Default)]
pub(super) struct Backoff(Mutex<HashMap<SessionKey, Pause>>);

struct Pause {
    until: DateTime<Utc>,
    length: TimeDelta,
    error: RefreshError,
}

impl Backoff {
    /// Why a session's provider is left alone now, if it is.
    pub(super) fn of(&self, key: &SessionKey, now: DateTime<Utc>) -> Option<RefreshError> {
        lock(&self.0).get(key).filter(|pause| now < pause.until).map(|pause| pause.error)
    }

    /// Leaves it alone for longer than the last time.
    pub(super) fn begin(&self, key: SessionKey, error: RefreshError, now: DateTime<Utc>) {
        let mut backoff = lock(&self.0);
        // Those that are long over belong to sessions that went away.
        backoff.retain(|_, pause| now < pause.until + LONGEST_PAUSE);
        let length = match (error, backoff.get(&key)) {
            // What is not there will not be there in a moment either.
            (RefreshError::NoRefreshToken, _) => LONGEST_PAUSE,
            (_, Some(last)) => (last.length * 2).min(LONGEST_PAUSE),
            (_, None) => FIRST_PAUSE,
        };
        backoff.insert(key, Pause { until: now + length, length, error });
    }

    /// The provider is well again.
    pub(super) fn end(&self, key: &SessionKey) {
        lock(&self.0).remove(key);
    }
}
