//! The claims of a logout token (Back-Channel Logout 1.0 §2.4), besides the claims of every signed message.

use crate::{
    jws::{Claims, TokenRule, Validity},
    message::{ReadMessage, Sender, SignedMessage},
    store::{LogoutScope, LogoutTime},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::Deserialize;

/// A logout token: the provider or identity says that a provider session ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// The provider whose session ended. Identity names the provider in `sub_id` (RFC 9493 §3.2.3). A
    /// provider speaks only about its own sessions.
    pub provider_issuer: String,
    /// The provider session that ended. `None`: all sessions of the user, or those in one browser.
    pub sid: Option<String>,
    /// The user.
    pub sub: Option<String>,
    /// Identity's reference for the browser that signed out, where the provider has no `sid`.
    pub browser: Option<String>,
    /// Sessions that began later stay. A provider's token is compared with the `iat` of the provider's ID
    /// tokens. Both have whole seconds, so sessions of the same second end as well. From identity's token
    /// only the age is used, so that clocks of two machines are never compared.
    pub until: LogoutTime,
}

/// A subject identifier of format `iss_sub` (RFC 9493 §3.2.3). The user is in `sub` as well, so only the
/// issuer is read.
#[derive(Deserialize)]
struct SubjectId {
    format: String,
    iss: String,
}

impl SignedMessage for LogoutToken {
    const NAME: &'static str = "logout_token";
    const FIELD: &'static str = "logout_token";
    const TYPE: &'static str = "logout+jwt";
    const EVENT: Option<&'static str> = Some("http://schemas.openid.net/event/backchannel-logout");
    /// Back-Channel Logout 1.0 §2.4 recommends two minutes at most.
    const LIFETIME: TimeDelta = TimeDelta::seconds(120);
}

impl LogoutToken {
    /// Identity's claim with the browser reference, together with `sub`, for a provider that has no `sid`.
    pub const BROWSER: &str = "browser";
    /// Identity's claim with the time of the signature, to the millisecond, by the same clock as `toe`.
    /// (`iat` has whole seconds.)
    pub const SIGNED_AT: &str = "signed_at";

    /// Which sessions the token ends. `None` cannot happen for a verified token.
    #[must_use]
    pub fn scope(&self) -> Option<LogoutScope<'_>> {
        LogoutScope::of(self.sid.as_deref(), self.sub.as_deref(), self.browser.as_deref())
    }
}

impl ReadMessage for LogoutToken {
    fn read(
        claims: &Claims,
        from: Sender,
        validity: Validity,
        now: DateTime<Utc>,
    ) -> Result<Self, TokenRule> {
        let (sid, sub) = (claims.identifier("sid")?, claims.identifier("sub")?);
        if sid.is_none() && sub.is_none() {
            return Err(TokenRule::MissingSubject);
        }
        let sub_id = claims.0.get("sub_id").map(SubjectId::deserialize).transpose();
        let sub_id = sub_id.map_err(|_| TokenRule::Claim("sub_id"))?;
        let (provider_issuer, browser, until) = match from {
            Sender::Identity => {
                let named = sub_id.filter(|id| id.format == "iss_sub").map(|id| id.iss);
                (named, claims.identifier(Self::BROWSER)?, LogoutTime::Begun(now - age(claims)?))
            }
            Sender::Provider => {
                let next_second = validity.issued_at.trunc_subsecs(0) + TimeDelta::seconds(1);
                (None, None, LogoutTime::IssuedBefore(next_second))
            }
        };
        let own = || claims.text("iss").ok().flatten().unwrap_or_default().to_owned();
        Ok(Self { provider_issuer: provider_issuer.unwrap_or_else(own), sid, sub, browser, until })
    }
}

/// Returns how long before the signature the event took place (`toe`, RFC 8417 §2.2), by the sender's clock.
/// The age is never negative. Without one of the claims, as from an older identity, the age is zero.
fn age(claims: &Claims) -> Result<TimeDelta, TokenRule> {
    let (Some(event), Some(signed)) = (claims.time("toe")?, claims.time(LogoutToken::SIGNED_AT)?) else {
        return Ok(TimeDelta::zero());
    };
    Ok((signed - event).max(TimeDelta::zero()))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
