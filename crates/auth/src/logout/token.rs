//! The rules for a logout token (Back-Channel Logout 1.0 §2.6), each with its name.

use super::{EVENT, TYPE};
use crate::jws::{Audience, Jws, JwsError, Validity};
use chrono::{DateTime, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use serde_json::{Map, Value};

/// The rule a logout token broke. `Display` is its name in answers, logs and metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LogoutTokenError {
    /// There is none, or several.
    #[error("logout_token_missing")]
    Missing,
    /// It cannot be read.
    #[error("logout_token_malformed")]
    Malformed,
    /// `alg` is `none`, symmetric, or otherwise not allowed (rule 2; as for ID tokens).
    #[error("logout_token_algorithm")]
    Algorithm,
    /// No key of that `kid`, even after fetching the keys again.
    #[error("logout_token_unknown_key")]
    UnknownKey,
    /// The signature is wrong (rule 2).
    #[error("logout_token_signature")]
    Signature,
    /// `typ` says it is something else (§2.4).
    #[error("logout_token_type")]
    Type,
    /// `iss` is nobody we listen to (rule 3).
    #[error("logout_token_issuer")]
    Issuer,
    /// `aud` does not name us (rule 3).
    #[error("logout_token_audience")]
    Audience,
    /// `exp` has passed (rule 3).
    #[error("logout_token_expired")]
    Expired,
    /// `iat` lies in the future (rule 3).
    #[error("logout_token_not_yet_valid")]
    NotYetValid,
    /// Neither `sid` nor `sub` (rule 5).
    #[error("logout_token_about_nobody")]
    AboutNobody,
    /// `events` does not hold the logout event (rule 6).
    #[error("logout_token_events")]
    Events,
    /// There is a `nonce`: it may be an ID token (rule 7).
    #[error("logout_token_nonce")]
    Nonce,
    /// Its `jti` came before (rule 8).
    #[error("logout_token_replayed")]
    Replayed,
}

impl From<JwsError> for LogoutTokenError {
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

/// Whom a logout token must come from and be meant for.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// `iss`, compared exactly.
    pub issuer: &'a str,
    /// Our client id there.
    pub audience: &'a str,
    /// Whether `typ` must be there. §2.4 only recommends it, so providers may leave it out; identity never
    /// does.
    pub typ_required: bool,
}

/// A logout token that kept every rule but one: whether its `jti` came before, only a store can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// The provider whose session ended. Identity speaks about the provider's sessions, so it names the
    /// provider in `sub_id` (RFC 9493 §3.2.3); a provider speaks about its own.
    pub provider_issuer: String,
    /// The session that ended; `None`: all of the user's.
    pub sid: Option<String>,
    /// The user.
    pub sub: Option<String>,
    /// When it was issued: sessions begun later are not meant.
    pub issued_at: DateTime<Utc>,
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
    jti: Option<String>,
    sub: Option<String>,
    sid: Option<String>,
    sub_id: Option<SubjectId>,
    #[serde(default)]
    events: Map<String, Value>,
    nonce: Option<Value>,
}

/// RFC 9493 §3.2.3. The user is in `sub` as well; only the issuer is read here.
#[derive(Deserialize)]
struct SubjectId {
    format: String,
    iss: String,
}

/// The one claim that is looked at before the signature.
#[derive(Deserialize)]
struct IssuerClaim {
    iss: String,
}

impl LogoutToken {
    /// Who claims to have sent it: tells which keys to check it with.
    ///
    /// # Errors
    /// [`LogoutTokenError::Malformed`].
    pub fn claimed_issuer(text: &str) -> Result<String, LogoutTokenError> {
        Ok(Jws::parse(text)?.unverified::<IssuerClaim>()?.iss)
    }

    /// Checks a token against every rule of §2.6 that needs no memory.
    ///
    /// # Errors
    /// The first rule it breaks.
    pub fn verify(
        text: &str,
        expected: &Expected<'_>,
        jwks: &CoreJsonWebKeySet,
        now: DateTime<Utc>,
    ) -> Result<Self, LogoutTokenError> {
        let jws = Jws::parse(text)?;
        match jws.header.typ.as_deref() {
            Some(typ) if typ.eq_ignore_ascii_case(TYPE) => {}
            // What a provider that does not follow the recommendation writes.
            None | Some("JWT") if !expected.typ_required => {}
            _ => return Err(LogoutTokenError::Type),
        }
        let claims: Claims = jws.verified(jwks)?;
        if claims.iss != expected.issuer {
            return Err(LogoutTokenError::Issuer);
        }
        if !claims.aud.names(expected.audience) {
            return Err(LogoutTokenError::Audience);
        }
        let Validity { issued_at, expires_at } = Validity::check(claims.iat, claims.exp, now)?;
        if claims.nonce.is_some() {
            return Err(LogoutTokenError::Nonce);
        }
        if !claims.events.get(EVENT).is_some_and(Value::is_object) {
            return Err(LogoutTokenError::Events);
        }
        if claims.sid.is_none() && claims.sub.is_none() {
            return Err(LogoutTokenError::AboutNobody);
        }
        let provider_issuer = match claims.sub_id {
            Some(id) if expected.typ_required && id.format == "iss_sub" => id.iss,
            _ => claims.iss,
        };
        Ok(Self {
            provider_issuer,
            sid: claims.sid,
            sub: claims.sub,
            issued_at,
            jti: claims.jti.ok_or(LogoutTokenError::Malformed)?,
            expires_at,
        })
    }
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
