//! The claims of identity's logout tokens (Back-Channel Logout 1.0 §2.4).

use auth::logout::{LogoutNotice, LogoutToken};
use chrono::{DateTime, Utc};
use serde_json::{Value, json};

/// A time as a `NumericDate` with milliseconds; RFC 7519 §2 allows a fraction.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch fit for 200 000 years")]
fn numeric_date(at: DateTime<Utc>) -> Value {
    json!(at.timestamp_millis() as f64 / 1000.0)
}

/// The claims of a logout token that is signed at `now`, beyond those that every message has.
#[must_use]
pub(crate) fn logout_claims(notice: LogoutNotice<'_>, now: DateTime<Utc>) -> Value {
    let mut claims = json!({
        "toe": numeric_date(notice.happened_at),
        LogoutToken::SIGNED_AT: numeric_date(now),
        // The issuer of `sub` and `sid`: identity speaks for several providers (RFC 9493 §3.2.3).
        "sub_id": {
            "format": "iss_sub",
            "iss": notice.provider_issuer,
            "sub": notice.sub.unwrap_or_default(),
        },
    });
    for (name, value) in [("sid", notice.sid), ("sub", notice.sub), (LogoutToken::BROWSER, notice.browser)] {
        if let Some(value) = value {
            claims[name] = value.into();
        }
    }
    claims
}

#[cfg(test)]
impl crate::server::signing::SigningKeys {
    /// A logout token with chosen claims, for tests.
    pub(crate) fn logout_token(
        &self,
        issuer: &str,
        audience: &str,
        jti: &str,
        notice: LogoutNotice<'_>,
        now: DateTime<Utc>,
    ) -> String {
        let envelope = crate::server::messages::Envelope { issuer, audience, jti, now };
        self.message::<LogoutToken>(envelope, logout_claims(notice, now))
    }
}
