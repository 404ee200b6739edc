//! The rules for an ID token (OpenID Connect Core §3.1.3.7), each with its name.
//!
//! What a decision hangs on is judged strictly: a claim of the wrong type is a refusal that names it. What only
//! describes the user is read with tolerance elsewhere ([`profile`](super::profile)).

use crate::jws::{Claims, InvalidClaim, Jws, JwsError, Validity, is_identifier};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::{Map, Value};

/// The rule an ID token broke.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum IdTokenError {
    /// There is none.
    #[error("id_token_missing")]
    Missing,
    /// It cannot be read.
    #[error("id_token_malformed")]
    Malformed,
    /// It is a token of another kind (RFC 8725 §3.11).
    #[error("id_token_type")]
    Type,
    /// `iss` is not the provider (rule 2).
    #[error("id_token_issuer")]
    Issuer,
    /// `aud` does not name us, or names others too (rule 3), or `azp` is another client (rules 4, 5).
    #[error("id_token_audience")]
    Audience,
    /// No key of that `kid`, even after fetching the keys again (rule 6).
    #[error("id_token_unknown_key")]
    UnknownKey,
    /// The signature is wrong (rule 6).
    #[error("id_token_signature")]
    Signature,
    /// `alg` is `none`, symmetric, or otherwise not allowed (rules 7, 8).
    #[error("id_token_algorithm")]
    Algorithm,
    /// `exp` has passed (rule 9).
    #[error("id_token_expired")]
    Expired,
    /// `iat` or `nbf` lies in the future (rule 10).
    #[error("id_token_not_yet_valid")]
    NotYetValid,
    /// `nonce` is missing or another flow's (rule 11).
    #[error("id_token_nonce")]
    Nonce,
    /// `sub` is empty, or longer than 255 characters (OpenID Connect Core §2).
    #[error("id_token_subject")]
    Subject,
    /// This claim is missing or has the wrong type.
    #[error("id_token_claim: {0}")]
    Claim(&'static str),
}

impl From<JwsError> for IdTokenError {
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

impl From<InvalidClaim> for IdTokenError {
    fn from(InvalidClaim(name): InvalidClaim) -> Self {
        Self::Claim(name)
    }
}

/// What an ID token must say.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuer: &'a str,
    pub(super) client_id: &'a str,
    /// `None` for one that came with a refresh, which need not carry one (OpenID Connect Core §12.2).
    pub(super) nonce: Option<&'a str>,
    /// How far the provider's clock may be off.
    pub(super) tolerance: TimeDelta,
}

/// An ID token that kept every rule.
#[derive(Clone, Debug)]
pub(super) struct IdToken {
    pub(super) issuer: String,
    pub(super) subject: String,
    /// The provider's session (Back-Channel Logout 1.0 §2.1).
    pub(super) sid: Option<String>,
    pub(super) issued_at: DateTime<Utc>,
    /// All of its claims.
    pub(super) claims: Map<String, Value>,
}

/// Checks an ID token against every rule. The signature comes first: what a later rule refuses was really said by the
/// provider.
///
/// # Errors
/// The first rule it breaks.
pub(super) fn verify(
    text: &str,
    expected: &Expected<'_>,
    jwks: &CoreJsonWebKeySet,
    now: DateTime<Utc>,
) -> Result<IdToken, IdTokenError> {
    let jws = Jws::parse(text)?;
    if jws.header.typ.as_deref().is_some_and(is_another_kind) {
        return Err(IdTokenError::Type);
    }
    let claims = Claims(jws.verified(jwks)?);
    let issuer = claims.text("iss")?.ok_or(InvalidClaim("iss"))?;
    if issuer != expected.issuer {
        return Err(IdTokenError::Issuer);
    }
    check_audience(&claims, expected.client_id)?;
    let subject = claims.text("sub")?.ok_or(InvalidClaim("sub"))?;
    let sid = claims.text("sid")?;
    if !is_identifier(subject) || sid.is_some_and(|sid| !is_identifier(sid)) {
        return Err(IdTokenError::Subject);
    }
    claims.time("auth_time")?;
    let Validity { issued_at, .. } = claims.validity::<IdTokenError>(expected.tolerance, now)?;
    let nonce = claims.text("nonce")?;
    if expected.nonce.is_some() && nonce != expected.nonce {
        return Err(IdTokenError::Nonce);
    }
    claims.text("acr")?;
    claims.texts("amr")?;
    let (issuer, subject, sid) = (issuer.to_owned(), subject.to_owned(), sid.map(str::to_owned));
    Ok(IdToken { issuer, subject, sid, issued_at, claims: claims.0 })
}

/// Kinds of tokens that a provider signs with the same keys (RFC 9068 §2.1, Back-Channel Logout 1.0 §2.4).
fn is_another_kind(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "logout+jwt" | "at+jwt")
}

fn check_audience(claims: &Claims, client_id: &str) -> Result<(), IdTokenError> {
    let named = claims.audience()?;
    let is_only_us = !named.is_empty() && named.iter().all(|named| *named == client_id);
    let azp = claims.text("azp")?;
    if is_only_us && azp.is_none_or(|azp| azp == client_id) { Ok(()) } else { Err(IdTokenError::Audience) }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
