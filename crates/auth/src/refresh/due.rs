//! Decides when an access token must be renewed.

use crate::session::{SessionKey, SessionRecord};
use chrono::{DateTime, TimeDelta, Utc};

/// How long before its expiry an access token is renewed, on use: at most half of its lifetime.
pub(super) const LEAD: TimeDelta = TimeDelta::seconds(60);
/// Maximum jitter, seconds, so that sessions that began together do not renew together.
const JITTER_SECONDS: i64 = 15;
/// How long after the user's last activity the requests that tabs make on a timer still renew the session:
/// long enough for one more check with the provider. After that, the provider's own limits apply.
const USER_ACTIVE_WITHIN: TimeDelta = TimeDelta::minutes(20);

/// Whether the access token is about to expire.
pub(super) fn is_due(key: &SessionKey, record: &SessionRecord, now: DateTime<Utc>) -> bool {
    let jitter = i64::from(key.as_bytes()[0]) % JITTER_SECONDS;
    record.tokens_expire_at.is_some_and(|end| {
        // The provider issued the token at the last check, so this is half of the token's lifetime.
        let half_life = (end - record.checked_at) / 2;
        let lead = (LEAD + TimeDelta::seconds(jitter)).min(half_life);
        end - now <= lead
    })
}

/// Whether the user was active recently.
pub(super) fn is_user_active(record: &SessionRecord, now: DateTime<Utc>) -> bool {
    now - record.last_seen_at < USER_ACTIVE_WITHIN
}
