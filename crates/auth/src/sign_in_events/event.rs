//! The event by which identity tells an app that somebody signed in in a browser: a Security Event Token
//! (RFC 8417), of a `typ` of its own so that it never passes for a logout token, nor one for it.

use super::BrowserKey;
use crate::jws::{Audience, Jws, JwsError, Validity};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The rule an event broke. `Display` is its name in answers and logs.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BrowserEventError {
    /// There is none, or several.
    #[error("browser_event_missing")]
    Missing,
    /// It cannot be read.
    #[error("browser_event_malformed")]
    Malformed,
    /// `alg` is `none`, symmetric, or otherwise not allowed.
    #[error("browser_event_algorithm")]
    Algorithm,
    /// No key of that `kid`.
    #[error("browser_event_unknown_key")]
    UnknownKey,
    /// The signature is wrong.
    #[error("browser_event_signature")]
    Signature,
    /// `typ` says it is something else (RFC 8725 §3.11).
    #[error("browser_event_type")]
    Type,
    /// `iss` is not identity.
    #[error("browser_event_issuer")]
    Issuer,
    /// `aud` does not name us.
    #[error("browser_event_audience")]
    Audience,
    /// `exp` has passed.
    #[error("browser_event_expired")]
    Expired,
    /// `iat` lies in the future.
    #[error("browser_event_not_yet_valid")]
    NotYetValid,
    /// `events` does not hold the event.
    #[error("browser_event_events")]
    Events,
    /// Its `jti` came before.
    #[error("browser_event_replayed")]
    Replayed,
}

impl From<JwsError> for BrowserEventError {
    fn from(error: JwsError) -> Self {
        match error {
            JwsError::Malformed => Self::Malformed,
            JwsError::Algorithm => Self::Algorithm,
            JwsError::UnknownKey => Self::UnknownKey,
            JwsError::Signature => Self::Signature,
            JwsError::NotYetValid => Self::NotYetValid,
            JwsError::Expired => Self::Expired,
        }
    }
}

/// An event that kept every rule but one: whether its `jti` came before, only a store can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserEvent {
    /// The browser in which somebody signed in.
    pub browser: BrowserKey,
    /// Its own id.
    pub jti: String,
    /// Until when its id has to be remembered.
    pub expires_at: DateTime<Utc>,
}

#[derive(Deserialize)]
struct Claims {
    iss: String,
    #[serde(default)]
    aud: Audience,
    iat: i64,
    exp: i64,
    jti: String,
    browser: String,
    #[serde(default)]
    events: Map<String, Value>,
}

impl BrowserEvent {
    /// The `typ` header (RFC 8417 §2.3 recommends an explicit one).
    pub const TYPE: &str = "browser-event+jwt";
    /// The member of `events` (RFC 8417 §2.2).
    pub const EVENT: &str = "urn:leptos-shared-sessions:event:browser-signed-in";
    /// How long it may be used. A sign-in this old is no news to a tab.
    pub const LIFETIME: TimeDelta = TimeDelta::seconds(30);

    /// Checks an event that must come from `issuer` and be meant for `audience`.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn verify(
        text: &str,
        issuer: &str,
        audience: &str,
        jwks: &CoreJsonWebKeySet,
        now: DateTime<Utc>,
    ) -> Result<Self, BrowserEventError> {
        let jws = Jws::parse(text)?;
        if jws.header.typ.as_deref() != Some(Self::TYPE) {
            return Err(BrowserEventError::Type);
        }
        let claims: Claims = jws.verified(jwks)?;
        if claims.iss != issuer {
            return Err(BrowserEventError::Issuer);
        }
        if !claims.aud.names(audience) {
            return Err(BrowserEventError::Audience);
        }
        let Validity { expires_at, .. } = Validity::check(claims.iat, claims.exp, now)?;
        if !claims.events.get(Self::EVENT).is_some_and(Value::is_object) {
            return Err(BrowserEventError::Events);
        }
        let browser = BrowserKey::parse(&claims.browser).ok_or(BrowserEventError::Malformed)?;
        Ok(Self { browser, jti: claims.jti, expires_at })
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
