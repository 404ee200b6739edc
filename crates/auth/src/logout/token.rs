//! The rules for a logout token (Back-Channel Logout 1.0 §2.6), each with its name.

use crate::{
    jws::{Claims, InvalidClaim, Jws, JwsError, Validity},
    store::{LogoutScope, LogoutTime},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use openidconnect::core::CoreJsonWebKeySet;
use serde::Deserialize;
use serde_json::Value;

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
    MissingSubject,
    /// `events` does not hold the logout event (rule 6).
    #[error("logout_token_events")]
    Events,
    /// There is a `nonce`: it may be an ID token (rule 7).
    #[error("logout_token_nonce")]
    Nonce,
    /// This claim is missing or has the wrong type (§2.4).
    #[error("logout_token_claim: {0}")]
    Claim(&'static str),
    /// Its `jti` came before (rule 8).
    #[error("logout_token_replayed")]
    Replayed,
}

impl LogoutTokenError {
    /// Whether a newer set of the sender's keys might make the token good.
    pub(crate) fn needs_another_key(&self) -> bool {
        *self == Self::UnknownKey
    }
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

impl From<InvalidClaim> for LogoutTokenError {
    fn from(InvalidClaim(name): InvalidClaim) -> Self {
        Self::Claim(name)
    }
}

/// Whom a logout token must come from and be meant for.
#[derive(Clone, Debug)]
pub struct Expected<'a> {
    /// `iss`, compared exactly.
    pub issuer: &'a str,
    /// Our client id there.
    pub audience: &'a str,
    /// Whether identity sent it, which says more than a provider: `typ` (§2.4 only recommends it), whose user it is,
    /// and how old the event is.
    pub from_identity: bool,
    /// How far the sender's clock may be off.
    pub tolerance: TimeDelta,
}

/// A logout token that kept every rule but one: whether its `jti` came before, only a store can tell.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// The provider whose session ended. Identity speaks about the provider's sessions, so it names the
    /// provider in `sub_id` (RFC 9493 §3.2.3); a provider speaks about its own.
    pub provider_issuer: String,
    /// The session that ended; `None`: all of the user's, or those in one browser.
    pub sid: Option<String>,
    /// The user.
    pub sub: Option<String>,
    /// Identity's reference for the browser in which they signed out, where the provider has no `sid`.
    pub browser: Option<String>,
    /// When it was issued.
    pub issued_at: DateTime<Utc>,
    /// Which sessions are too new to be meant. A provider's token is compared with the `iat` of its own ID tokens.
    /// Both have whole seconds, so sessions of the same second end as well. Of identity's token only the age is used,
    /// so that no two clocks are compared.
    pub until: LogoutTime,
    /// Its own id.
    pub jti: String,
    /// Until when its id has to be remembered.
    pub expires_at: DateTime<Utc>,
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
    /// The `typ` header (§2.4).
    pub const TYPE: &str = "logout+jwt";
    /// The member of `events` that makes it one (§2.4).
    pub const EVENT: &str = "http://schemas.openid.net/event/backchannel-logout";
    /// Identity's claim with its reference for a browser, beside `sub`, for a provider that has no `sid`.
    pub const BROWSER: &str = "browser";
    /// Identity's claim with the moment of the signature, to the millisecond, by the same clock as `toe`: `iat` is
    /// whole.
    pub const SIGNED_AT: &str = "signed_at";

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
            Some(typ) if typ.eq_ignore_ascii_case(Self::TYPE) => {}
            // What a provider that does not follow the recommendation writes.
            None | Some("JWT") if !expected.from_identity => {}
            _ => return Err(LogoutTokenError::Type),
        }
        let claims = Claims(jws.verified(jwks)?);
        let iss = claims.text("iss")?.ok_or(InvalidClaim("iss"))?;
        if iss != expected.issuer {
            return Err(LogoutTokenError::Issuer);
        }
        if !claims.audience()?.contains(&expected.audience) {
            return Err(LogoutTokenError::Audience);
        }
        let Validity { issued_at, expires_at } =
            claims.validity::<LogoutTokenError>(expected.tolerance, now)?;
        if claims.0.contains_key("nonce") {
            return Err(LogoutTokenError::Nonce);
        }
        let events = claims.0.get("events").and_then(Value::as_object);
        if !events.and_then(|events| events.get(Self::EVENT)).is_some_and(Value::is_object) {
            return Err(LogoutTokenError::Events);
        }
        let (sid, sub) = (claims.identifier("sid")?, claims.identifier("sub")?);
        if sid.is_none() && sub.is_none() {
            return Err(LogoutTokenError::MissingSubject);
        }
        let jti = claims.identifier("jti")?.ok_or(InvalidClaim("jti"))?;
        let sub_id = claims.0.get("sub_id").map(SubjectId::deserialize).transpose();
        let provider_issuer = match sub_id.map_err(|_| InvalidClaim("sub_id"))? {
            Some(id) if expected.from_identity && id.format == "iss_sub" => id.iss,
            _ => iss.to_owned(),
        };
        let (browser, until) = if expected.from_identity {
            (claims.identifier(Self::BROWSER)?, LogoutTime::Begun(now - age(&claims)?))
        } else {
            (None, LogoutTime::IssuedBefore(issued_at.trunc_subsecs(0) + TimeDelta::seconds(1)))
        };
        Ok(Self { provider_issuer, sid, sub, browser, issued_at, until, jti, expires_at })
    }

    /// Whose sessions it ends.
    #[must_use]
    pub fn scope(&self) -> Option<LogoutScope<'_>> {
        LogoutScope::of(self.sid.as_deref(), self.sub.as_deref(), self.browser.as_deref())
    }
}

/// How long before the signature the event took place (`toe`, RFC 8417 §2.2), both by the sender's clock; never
/// negative. Zero where an identity of an older version says nothing.
fn age(claims: &Claims) -> Result<TimeDelta, InvalidClaim> {
    let (Some(event), Some(signed)) = (claims.time("toe")?, claims.time(LogoutToken::SIGNED_AT)?) else {
        return Ok(TimeDelta::zero());
    };
    Ok((signed - event).max(TimeDelta::zero()))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
