//! The clock, passed to every step as an argument so that tests can set the time.

use chrono::{DateTime, TimeDelta, Utc};
use std::sync::{
    Arc,
    atomic::{AtomicI64, Ordering},
};

/// The system's time, or a time that a test moves by hand.
#[derive(Clone, Debug, Default)]
pub struct Clock {
    /// Milliseconds since the epoch; `None` means the system's clock.
    fixed: Option<Arc<AtomicI64>>,
}

impl Clock {
    /// The system's clock.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A clock that stands still at `at` until [`advance`](Self::advance) moves it.
    #[must_use]
    pub fn fixed(at: DateTime<Utc>) -> Self {
        Self::shared(Arc::new(AtomicI64::new(at.timestamp_millis())))
    }

    /// A clock that reads `millis` since the epoch from a shared value: for a test whose
    /// provider uses the same time.
    #[must_use]
    pub fn shared(millis: Arc<AtomicI64>) -> Self {
        Self { fixed: Some(millis) }
    }

    /// The current time in whole milliseconds, the precision of the stores.
    #[must_use]
    #[expect(clippy::disallowed_methods, reason = "the one place that asks the system for the time")]
    pub fn now(&self) -> DateTime<Utc> {
        let millis = match &self.fixed {
            Some(fixed) => fixed.load(Ordering::SeqCst),
            None => Utc::now().timestamp_millis(),
        };
        DateTime::from_timestamp_millis(millis).unwrap_or(DateTime::UNIX_EPOCH)
    }

    /// Moves a fixed clock forward or back. Has no effect on the system's clock.
    pub fn advance(&self, by: TimeDelta) {
        if let Some(fixed) = &self.fixed {
            fixed.fetch_add(by.num_milliseconds(), Ordering::SeqCst);
        }
    }
}
