//! The names of keys in Redis.
//!
//! | key | type | holds |
//! |---|---|---|
//! | `auth:session:<key>` | hash | a session, or why it ended |
//! | `auth:sub:<hash>`, `auth:sid:<hash>` | set | the session keys of `(iss, sub)` or `(iss, sid)` |
//! | `auth:buried:<kind>:<hash>` | hash | a tombstone for a `sub`, a `sid`, or a user in a browser |
//! | `auth:state:<hash>` | string | a used `state` |
//! | `auth:grant:<hash>` | hash | a grant |
//! | `auth:delivery:<id>` | hash | a delivery |
//! | `auth:outbox` | sorted set | the deliveries, by due time |
//! | `auth:waiting` | sorted set | the deliveries, by the time when they expire; for metrics |
//! | `auth:live` | sorted set | the live sessions, by the time when they expire; for metrics |
//! | `auth:expiry` | sorted set | all keys above that are no set, by removal time |
//! | `auth:origins:<app>` | sorted set | the origins of an app, by the time until they are remembered |

use crate::{DeliveryId, GrantHash, SessionKey, SessionRecord, TombstoneKey};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use sha2::{Digest, Sha256};

/// Builds the names of keys.
#[derive(Debug)]
pub(super) struct Keys {
    prefix: String,
}

impl Keys {
    pub(super) fn new(prefix: &str) -> Self {
        Self { prefix: prefix.to_owned() }
    }

    pub(super) fn session(&self, key: &SessionKey) -> String {
        format!("{}:session:{}", self.prefix, URL_SAFE_NO_PAD.encode(key.as_bytes()))
    }

    /// Parses a name from [`session`](Self::session).
    pub(super) fn parse_session(&self, name: &str) -> Option<SessionKey> {
        let key = name.strip_prefix(&self.prefix)?.strip_prefix(":session:")?;
        let bytes: [u8; 32] = URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
        Some(SessionKey::from_bytes(bytes))
    }

    pub(super) fn of_subject(&self, issuer: &str, subject: &str) -> String {
        format!("{}:sub:{}", self.prefix, hash(issuer, subject))
    }

    pub(super) fn of_provider_session(&self, issuer: &str, sid: &str) -> String {
        format!("{}:sid:{}", self.prefix, hash(issuer, sid))
    }

    pub(super) fn tombstone(&self, issuer: &str, tomb: &TombstoneKey) -> String {
        format!("{}:buried:{}:{}", self.prefix, tomb.kind, hash(issuer, &tomb.value))
    }

    pub(super) fn state(&self, state_hash: &[u8; 32]) -> String {
        format!("{}:state:{}", self.prefix, URL_SAFE_NO_PAD.encode(state_hash))
    }

    pub(super) fn grant(&self, hash: &GrantHash) -> String {
        format!("{}:grant:{}", self.prefix, URL_SAFE_NO_PAD.encode(hash))
    }

    pub(super) fn outbox(&self) -> String {
        format!("{}:outbox", self.prefix)
    }

    pub(super) fn waiting(&self) -> String {
        format!("{}:waiting", self.prefix)
    }

    pub(super) fn live(&self) -> String {
        format!("{}:live", self.prefix)
    }

    pub(super) fn delivery(&self, id: &DeliveryId) -> String {
        format!("{}:delivery:{}", self.prefix, URL_SAFE_NO_PAD.encode(id))
    }

    pub(super) fn origins(&self, app: &str) -> String {
        format!("{}:origins:{app}", self.prefix)
    }

    pub(super) fn expiry(&self) -> String {
        format!("{}:expiry", self.prefix)
    }

    /// Returns the indices of a session, as the scripts expect them: `sub`, then `sid` or an empty string.
    pub(super) fn indices(&self, record: &SessionRecord) -> (String, String) {
        let sid = record.sid.as_ref();
        (
            self.of_subject(&record.issuer, &record.subject),
            sid.map(|sid| self.of_provider_session(&record.issuer, sid)).unwrap_or_default(),
        )
    }
}

/// Hashes a pair to a name of fixed length. The issuer's length distinguishes `("a", "bc")` from
/// `("ab", "c")`.
fn hash(issuer: &str, value: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(format!("{} {issuer} {value}", issuer.len())))
}
