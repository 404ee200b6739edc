//! What a logout token says (Back-Channel Logout 1.0 §2.4), beyond what every signed message says.

use crate::{
    jws::{Claims, TokenRule, Validity},
    message::{ReadMessage, Sender, SignedMessage},
    store::{LogoutScope, LogoutTime},
};
use chrono::{DateTime, SubsecRound, TimeDelta, Utc};
use serde::Deserialize;

/// A provider session ended, says its provider or identity.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LogoutToken {
    /// The provider whose session ended. Identity speaks about the sessions of providers, so it names the provider in
    /// `sub_id` (RFC 9493 §3.2.3). A provider speaks about its own.
    pub provider_issuer: String,
    /// The provider session that ended. `None`: all sessions of the user, or those in one browser.
    pub sid: Option<String>,
    /// The user.
    pub sub: Option<String>,
    /// Identity's reference for the browser that signed out, where the provider has no `sid`.
    pub browser: Option<String>,
    /// Which sessions began too late to end. A provider's token is compared with the `iat` of the provider's ID tokens.
    /// Both have whole seconds, so sessions of the same second end as well. Of identity's token only the age counts, so
    /// that no two clocks are compared.
    pub until: LogoutTime,
}

/// RFC 9493 §3.2.3. The user is in `sub` as well; only the issuer is read here.
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
    /// Identity's claim with its reference for a browser, beside `sub`, for a provider that has no `sid`.
    pub const BROWSER: &str = "browser";
    /// Identity's claim with the moment of the signature, to the millisecond, by the same clock as `toe`. (`iat` has
    /// whole seconds.)
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

/// How long before the signature the event took place (`toe`, RFC 8417 §2.2). Both times are the sender's; the age is
/// never negative. It is zero where an older identity writes neither claim.
fn age(claims: &Claims) -> Result<TimeDelta, TokenRule> {
    let (Some(event), Some(signed)) = (claims.time("toe")?, claims.time(LogoutToken::SIGNED_AT)?) else {
        return Ok(TimeDelta::zero());
    };
    Ok((signed - event).max(TimeDelta::zero()))
}

#[cfg(test)]
#[path = "token_tests.rs"]
mod tests;
