//! Identity's logout tokens (Back-Channel Logout 1.0 §2.4).

use crate::server::signing::SigningKeys;
use auth::logout::{LogoutNotice, LogoutToken};
use chrono::{DateTime, TimeDelta, Utc};
use serde_json::{Value, json};

/// How long a logout token may be used; §2.4 recommends two minutes at most.
const LIFETIME: TimeDelta = TimeDelta::seconds(120);
/// A time to the millisecond, as a token carries it: a `NumericDate` (RFC 7519 §2) may have a fraction.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch fit for 200 000 years")]
fn numeric_date(at: DateTime<Utc>) -> Value {
    json!(at.timestamp_millis() as f64 / 1000.0)
}

impl SigningKeys {
    /// A logout token from `issuer` for the app `audience`. `jti` is its own id; each try to deliver one
    /// takes a new one.
    ///
    /// # Panics
    /// When there is no secret at all, which the configuration rules out.
    #[must_use]
    pub(crate) fn logout_token(
        &self,
        issuer: &str,
        audience: &str,
        jti: &str,
        notice: LogoutNotice<'_>,
        now: DateTime<Utc>,
    ) -> String {
        let mut claims = json!({
            "iss": issuer,
            "aud": audience,
            "iat": now.timestamp(),
            "exp": (now + LIFETIME).timestamp(),
            "toe": numeric_date(notice.happened_at),
            LogoutToken::SIGNED_AT: numeric_date(now),
            "jti": jti,
            "events": { LogoutToken::EVENT: {} },
            // Whose `sub` and `sid` they are: identity speaks for several providers (RFC 9493 §3.2.3).
            "sub_id": {
                "format": "iss_sub",
                "iss": notice.provider_issuer,
                "sub": notice.sub.unwrap_or_default(),
            },
        });
        for (name, value) in
            [("sid", notice.sid), ("sub", notice.sub), (LogoutToken::BROWSER, notice.browser)]
        {
            if let Some(value) = value {
                claims[name] = value.into();
            }
        }
        self.sign(LogoutToken::TYPE, &claims)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use auth::logout::{Expected, LogoutTokenError};
    use secrecy::SecretString;

    const OLD: &str = "an old secret of at least thirty-two bytes";
    const NEW: &str = "a new secret of at least thirty-two bytes!";

    fn keys(secrets: &[&str]) -> SigningKeys {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        SigningKeys::new(&secrets)
    }

    fn token(keys: &SigningKeys) -> String {
        let notice = LogoutNotice {
            provider_issuer: "https://op.example",
            sid: Some("s1"),
            sub: Some("alice"),
            browser: None,
            happened_at: now(),
        };
        keys.logout_token("https://identity.example", "games", "one", notice, now())
    }

    fn now() -> DateTime<Utc> {
        DateTime::from_timestamp(1_800_000_000, 0).unwrap()
    }

    fn read(text: &str, with: &SigningKeys) -> Result<LogoutToken, LogoutTokenError> {
        let expected = Expected {
            issuer: "https://identity.example",
            audience: "games",
            from_identity: true,
            tolerance: TimeDelta::seconds(30),
        };
        LogoutToken::verify(text, &expected, &with.published(), now())
    }

    #[test]
    fn an_app_reads_what_identity_signed() {
        let read = read(&token(&keys(&[NEW])), &keys(&[NEW])).unwrap();
        assert_eq!(read.provider_issuer, "https://op.example");
        assert_eq!((read.sid.as_deref(), read.sub.as_deref()), (Some("s1"), Some("alice")));
        assert_eq!((read.jti.as_str(), read.issued_at), ("one", now()));
    }

    #[test]
    fn a_rotated_secret_stays_published_until_it_is_removed() {
        let old = token(&keys(&[OLD]));
        assert!(read(&old, &keys(&[NEW, OLD])).is_ok());
        assert_eq!(read(&old, &keys(&[NEW])).unwrap_err(), LogoutTokenError::UnknownKey);
    }
}
