//! When a token is to be renewed.

use crate::session::{SessionKey, SessionRecord};
use chrono::{DateTime, TimeDelta, Utc};

/// How long before its end an access token is renewed, on use; half of its life at most.
pub(super) const LEAD: TimeDelta = TimeDelta::seconds(60);
/// Spread over this much, so that sessions which began together do not renew together.
const JITTER_SECONDS: i64 = 15;
/// How long a session is renewed for what tabs do by themselves, after its user was last active: long enough for one
/// more check with the provider. Beyond it the provider's own limits count.
const ATTENDED: TimeDelta = TimeDelta::minutes(20);

/// Whether the access token is about to end.
pub(super) fn is_due(key: &SessionKey, record: &SessionRecord, now: DateTime<Utc>) -> bool {
    let jitter = i64::from(key.as_bytes()[0]) % JITTER_SECONDS;
    record.tokens_expire_at.is_some_and(|end| {
        // The provider's last word and the token are of one time.
        let half_life = (end - record.checked_at) / 2;
        let lead = (LEAD + TimeDelta::seconds(jitter)).min(half_life);
        end - now <= lead
    })
}

/// Whether the user was active not long ago.
pub(super) fn is_attended(record: &SessionRecord, now: DateTime<Utc>) -> bool {
    now - record.last_seen_at < ATTENDED
}
