//! The views of a session: one for every page, one for the session's user.

use super::SessionRecord;
use auth_types::{PublicData, PublicSession, PublicUser, SessionDetails};
use chrono::{DateTime, SecondsFormat, Utc};

/// Returns the public view of a session; `data` is the app's public data.
pub(super) fn public(record: &SessionRecord, data: PublicData) -> PublicSession {
    let user = &record.user;
    PublicSession {
        user: PublicUser {
            id: record.user_id(),
            name: user.name.clone().or_else(|| user.email.clone()).unwrap_or_else(|| "User".into()),
            email: user.email.clone(),
            picture: user.picture.clone(),
            data,
        },
        expires: rfc3339(record.expires_at),
    }
}

/// Returns the details that only the session's user sees.
pub(super) fn facts(record: &SessionRecord) -> SessionDetails {
    SessionDetails {
        public_id: record.public_id.clone(),
        provider: record.provider.clone(),
        signed_in_at: rfc3339(record.created_at),
        last_seen_at: rfc3339(record.last_seen_at),
        absolute_expires: rfc3339(record.absolute_expires_at),
        has_provider_session: record.sid.is_some(),
    }
}

/// `2026-01-01T00:00:00Z`: whole seconds, UTC.
#[must_use]
pub(crate) fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
