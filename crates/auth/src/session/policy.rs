//! How long a session lives.

use chrono::{DateTime, TimeDelta, Utc};
use std::time::Duration;

/// Minimum time between two writes of activity.
const WRITE_INTERVAL: TimeDelta = TimeDelta::seconds(60);
/// Minimum time between two writes of activity if an idle limit depends on them.
const IDLE_WRITE_INTERVAL: TimeDelta = TimeDelta::seconds(15);
/// How long before the idle limit the user is warned.
const IDLE_WARNING: TimeDelta = TimeDelta::seconds(60);

/// The limits of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SessionPolicy {
    /// Time without activity after which the session expires (`AUTH_SESSION_MAX_AGE`): article
    /// 2's rolling `expires`.
    pub max_age: TimeDelta,
    /// Time after which the session ends in any case (`AUTH_SESSION_ABSOLUTE_AGE`).
    pub absolute_age: TimeDelta,
    /// Time without user activity after which the session ends as idle (`AUTH_IDLE_TIMEOUT`).
    pub idle_timeout: Option<TimeDelta>,
    /// How often a session in use is checked with the provider (`AUTH_REVALIDATE_INTERVAL`, article 3);
    /// `None`: never.
    pub revalidate_interval: Option<TimeDelta>,
    /// How long a session may go without a successful check (`AUTH_MAX_UNCHECKED_AGE`); `None`: without
    /// limit. After that, requests wait for a check and get 503 until a check succeeds. The session stays.
    pub max_unchecked_age: Option<TimeDelta>,
    /// How long a process may use a cached session without news from the bus (`AUTH_SESSION_CACHE_AGE`): the
    /// maximum staleness in any process. Zero asks the store at every request.
    pub cache_age: Duration,
    /// Maximum live sessions of one user in the store (`AUTH_MAX_SESSIONS_PER_USER`); a new
    /// session ends the oldest.
    pub max_sessions_per_user: usize,
}

impl Default for SessionPolicy {
    /// 30 days rolling, 90 days absolute, no idle limit; checked every 15 minutes, cached for five seconds.
    fn default() -> Self {
        Self {
            max_age: TimeDelta::days(30),
            absolute_age: TimeDelta::days(90),
            idle_timeout: None,
            revalidate_interval: Some(TimeDelta::minutes(15)),
            max_unchecked_age: None,
            cache_age: Duration::from_secs(5),
            max_sessions_per_user: 100,
        }
    }
}

/// Whether a request counts as activity of the user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Activity {
    /// The user did something: followed a link, sent a form, asked for a navigation check.
    User,
    /// A poll, a stream, a prefetch: extends nothing.
    Background,
}

impl SessionPolicy {
    /// When a session that saw activity at `now` expires.
    #[must_use]
    pub fn expires_at(&self, now: DateTime<Utc>, absolute: DateTime<Utc>) -> DateTime<Utc> {
        let idle = self.idle_timeout.map_or(self.max_age, |idle| idle.min(self.max_age));
        (now + idle).min(absolute)
    }

    /// Until when the store keeps a session that saw activity at `now`. The idle limit does not count,
    /// because another app on the same store may have none.
    #[must_use]
    pub fn retained_until(&self, now: DateTime<Utc>, absolute: DateTime<Utc>) -> DateTime<Utc> {
        (now + self.max_age).min(absolute)
    }

    /// Whether a user last seen at `last_seen_at` has been away for too long.
    #[must_use]
    pub fn is_idle(&self, last_seen_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.idle_timeout.is_some_and(|idle| now >= last_seen_at + idle)
    }

    /// Whether a session that the provider last confirmed at `checked_at` must be checked again.
    ///
    /// `spread` is a fixed number of the session. This number moves the check forward by up to a tenth of the
    /// interval, so that sessions that began together are not checked together.
    #[must_use]
    pub fn is_check_due(&self, checked_at: DateTime<Utc>, spread: u8, now: DateTime<Utc>) -> bool {
        self.is_unchecked_too_long(checked_at, now)
            || self.revalidate_interval.is_some_and(|interval| {
                now - checked_at >= interval - interval / 10 * i32::from(spread) / 255
            })
    }

    /// Whether a session whose last successful check was at `checked_at` must be checked
    /// before a request may use it.
    #[must_use]
    pub fn is_unchecked_too_long(&self, checked_at: DateTime<Utc>, now: DateTime<Utc>) -> bool {
        self.max_unchecked_age.is_some_and(|age| now - checked_at >= age)
    }

    /// When a session that begins at `now` ends in any case.
    #[must_use]
    pub fn absolute_expires_at(&self, now: DateTime<Utc>) -> DateTime<Utc> {
        now + self.absolute_age
    }

    /// How old the last written activity must be before the next write, and how often a tab reports activity.
    ///
    /// The interval is a minute, or 15 seconds with an idle limit, but at most a quarter of the
    /// session's shortest limit.
    #[must_use]
    pub fn write_interval(&self) -> TimeDelta {
        let shortest = self.idle_timeout.map_or(self.max_age, |idle| idle.min(self.max_age));
        let longest = self.idle_timeout.map_or(WRITE_INTERVAL, |_| IDLE_WRITE_INTERVAL);
        longest.min(shortest / 4)
    }

    /// How long before the idle limit the user is warned: a minute, or half of a short limit.
    #[must_use]
    pub fn idle_warning(&self) -> TimeDelta {
        self.idle_timeout.map_or(TimeDelta::zero(), |idle| IDLE_WARNING.min(idle / 2))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000 + seconds, 0).unwrap()
    }

    fn policy(max_age: i64, absolute: i64, idle: Option<i64>) -> SessionPolicy {
        SessionPolicy {
            max_age: TimeDelta::seconds(max_age),
            absolute_age: TimeDelta::seconds(absolute),
            idle_timeout: idle.map(TimeDelta::seconds),
            ..SessionPolicy::default()
        }
    }

    #[test]
    fn expiry_rolls_with_activity_up_to_the_absolute_limit() {
        let policy = policy(100, 250, None);
        let absolute = policy.absolute_expires_at(at(0));
        assert_eq!(policy.expires_at(at(0), absolute), at(100));
        assert_eq!(policy.expires_at(at(90), absolute), at(190));
        assert_eq!(policy.expires_at(at(200), absolute), at(250));
    }

    #[test]
    fn an_idle_limit_expires_before_the_maximum_age() {
        let policy = policy(1000, 5000, Some(30));
        assert_eq!(policy.expires_at(at(0), at(5000)), at(30));
    }

    #[test]
    fn a_check_is_due_after_the_interval_or_a_little_before() {
        let policy =
            SessionPolicy { revalidate_interval: Some(TimeDelta::seconds(100)), ..policy(1, 1, None) };
        for (after, spread, is_due) in [(99, 0, false), (100, 0, true), (89, 255, false), (90, 255, true)] {
            assert_eq!(policy.is_check_due(at(0), spread, at(after)), is_due, "{after} s, {spread}");
        }
        let never = SessionPolicy { revalidate_interval: None, ..policy };
        assert!(!never.is_check_due(at(0), 0, at(1_000_000)));
    }

    #[test]
    fn a_session_past_its_unchecked_age_is_due_for_a_check() {
        let policy = SessionPolicy {
            revalidate_interval: None,
            max_unchecked_age: Some(TimeDelta::seconds(100)),
            ..policy(1, 1, None)
        };
        for (after, is_too_long) in [(99, false), (100, true)] {
            assert_eq!(policy.is_unchecked_too_long(at(0), at(after)), is_too_long, "{after} s");
            assert_eq!(policy.is_check_due(at(0), 0, at(after)), is_too_long, "{after} s");
        }
        assert!(!SessionPolicy::default().is_unchecked_too_long(at(0), at(1_000_000)));
    }

    #[test]
    fn activity_is_written_once_a_minute_or_more_often_for_short_sessions() {
        assert_eq!(SessionPolicy::default().write_interval(), TimeDelta::seconds(60));
        assert_eq!(policy(8, 100, None).write_interval(), TimeDelta::seconds(2));
        assert_eq!(policy(86_400, 86_400, Some(1_800)).write_interval(), TimeDelta::seconds(15));
        assert_eq!(policy(86_400, 86_400, Some(8)).write_interval(), TimeDelta::seconds(2));
    }

    #[test]
    fn the_warning_comes_a_minute_before_an_idle_limit_or_half_way() {
        assert_eq!(policy(86_400, 86_400, Some(1_800)).idle_warning(), TimeDelta::seconds(60));
        assert_eq!(policy(86_400, 86_400, Some(10)).idle_warning(), TimeDelta::seconds(5));
        assert_eq!(SessionPolicy::default().idle_warning(), TimeDelta::zero());
    }
}
