//! Verifies ID tokens (OpenID Connect Core §3.1.3.7). Every rule has a name.
//!
//! Claims that a decision depends on are checked strictly: a claim of the wrong type is refused by name.
//! Claims that only describe the user are read leniently in [`profile`](super::profile).

use super::issuers::Issuers;
use crate::{
    jws::{Claims, Jws, TokenRule, Validity, is_identifier},
    session::SessionRecord,
};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde_json::{Map, Value};

/// The expected claims of an ID token.
#[derive(Clone, Copy, Debug)]
pub(super) struct Expected<'a> {
    pub(super) issuers: &'a Issuers,
    pub(super) client_id: &'a str,
    /// Further audiences that the token may name, if `azp` is this client.
    pub(super) audiences: &'a [String],
    /// `None` for an ID token of a refresh, which needs no nonce (OpenID Connect Core §12.2).
    pub(super) nonce: Option<&'a str>,
    /// How long ago the user may have signed in at the provider (OpenID Connect Core §3.1.2.1).
    pub(super) max_age: Option<TimeDelta>,
    /// How far the provider's clock may be off.
    pub(super) tolerance: TimeDelta,
}

/// A verified ID token.
#[derive(Clone, Debug)]
pub(super) struct IdToken {
    pub(super) issuer: String,
    pub(super) subject: String,
    /// The id of the provider's session (Back-Channel Logout 1.0 §2.1).
    pub(super) sid: Option<String>,
    pub(super) issued_at: DateTime<Utc>,
    /// All claims of the token.
    pub(super) claims: Map<String, Value>,
}

impl IdToken {
    /// Whether a refreshed token is about the user of this session (OpenID Connect Core §12.2). The issuer counts
    /// too: with several tenants, each has users with the same `sub`.
    pub(super) fn is_about(&self, record: &SessionRecord) -> bool {
        self.subject == record.subject && self.issuer == record.issuer
    }
}

/// Checks an ID token against every rule. The signature comes before the claims, so a refused claim really
/// came from the provider.
///
/// # Errors
/// The first broken rule.
pub(super) fn verify(
    text: &str,
    expected: &Expected<'_>,
    jwks: &CoreJsonWebKeySet,
    now: DateTime<Utc>,
) -> Result<IdToken, TokenRule> {
    let jws = Jws::parse(text)?;
    if jws.header.typ.as_deref().is_some_and(is_another_kind) {
        return Err(TokenRule::Type);
    }
    let claims = Claims(jws.verified(jwks)?);
    let issuer = claims.text("iss")?.ok_or(TokenRule::Claim("iss"))?;
    if !expected.issuers.signs(issuer, claims.text("tid")?) {
        return Err(TokenRule::Issuer);
    }
    check_audience(&claims, expected)?;
    let subject = claims.text("sub")?.ok_or(TokenRule::Claim("sub"))?;
    let sid = claims.text("sid")?;
    if !is_identifier(subject) || sid.is_some_and(|sid| !is_identifier(sid)) {
        return Err(TokenRule::Subject);
    }
    let auth_time = claims.time("auth_time")?;
    if let Some(max_age) = expected.max_age
        && auth_time.is_none_or(|at| now - at > max_age + expected.tolerance)
    {
        return Err(TokenRule::Claim("auth_time"));
    }
    let Validity { issued_at, .. } = claims.validity(expected.tolerance, now)?;
    let nonce = claims.text("nonce")?;
    if expected.nonce.is_some() && nonce != expected.nonce {
        return Err(TokenRule::Nonce);
    }
    claims.text("acr")?;
    claims.texts("amr")?;
    let (issuer, subject, sid) = (issuer.to_owned(), subject.to_owned(), sid.map(str::to_owned));
    Ok(IdToken { issuer, subject, sid, issued_at, claims: claims.0 })
}

/// Whether `typ` names another kind of token that providers sign with the same keys (RFC 9068 §2.1,
/// Back-Channel Logout 1.0 §2.4).
fn is_another_kind(typ: &str) -> bool {
    let typ = typ.to_ascii_lowercase();
    matches!(typ.strip_prefix("application/").unwrap_or(&typ), "logout+jwt" | "at+jwt")
}

/// The token must name this client, and else only audiences that the configuration trusts. With a second
/// audience, `azp` must name this client too (OpenID Connect Core §3.1.3.7, rules 3 to 5).
fn check_audience(claims: &Claims, expected: &Expected<'_>) -> Result<(), TokenRule> {
    let named = claims.audience()?;
    let is_us = |name: &str| name == expected.client_id;
    let is_trusted = |name: &&str| is_us(name) || expected.audiences.iter().any(|trusted| trusted == name);
    let azp = claims.text("azp")?;
    let is_alone = named.iter().all(|name| is_us(name));
    let names_us = named.iter().any(|name| is_us(name)) && named.iter().all(is_trusted);
    let is_for_us = azp.map_or(is_alone, is_us);
    if names_us && is_for_us { Ok(()) } else { Err(TokenRule::Audience) }
}

#[cfg(test)]
#[path = "verify_tests.rs"]
mod tests;
