//! The keys that identity signs with what it tells the apps: logout tokens, events, and questions about sessions.
//!
//! Ed25519, derived from `AUTH_SECRET` by HKDF-SHA256: nothing has to be stored, all replicas have the same
//! key, and a rotated secret rotates it. The keys of older secrets stay published until those are removed.

use super::{BROWSER, EVENT, SIGNED_AT, TYPE};
use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use hkdf::Hkdf;
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// How long a logout token may be used; §2.4 recommends two minutes at most.
const LIFETIME: TimeDelta = TimeDelta::seconds(120);
/// What stands before the 32 bytes of an Ed25519 private key in PKCS #8 (RFC 8410 §7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// What a logout token tells: whose session ended, at which provider, and when.
#[derive(Clone, Copy, Debug)]
pub struct LogoutNotice<'a> {
    /// The provider.
    pub provider_issuer: &'a str,
    /// Its session; `None`: all of the user's, or those in one browser.
    pub sid: Option<&'a str>,
    /// The user.
    pub sub: Option<&'a str>,
    /// Identity's reference for the browser in which they signed out.
    pub browser: Option<&'a str>,
    /// When it took place, by the clock of who tells it. Others are told how long ago that was.
    pub happened_at: DateTime<Utc>,
}

/// A time to the millisecond, as a token carries it: a `NumericDate` (RFC 7519 §2) may have a fraction.
#[expect(clippy::cast_precision_loss, reason = "milliseconds since the epoch fit for 200 000 years")]
fn numeric_date(at: DateTime<Utc>) -> Value {
    json!(at.timestamp_millis() as f64 / 1000.0)
}

/// Identity's signing keys, newest first.
pub struct SigningKeys(Vec<(String, CoreEdDsaPrivateSigningKey)>);

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKeys({} keys)", self.0.len())
    }
}

impl SigningKeys {
    /// Derives one key from each secret; `secrets` newest first.
    #[must_use]
    pub fn new(secrets: &[SecretString]) -> Self {
        Self(secrets.iter().map(derive).collect())
    }

    /// What `/.well-known/jwks.json` shows: the public halves (RFC 8037 §2).
    #[must_use]
    pub fn published(&self) -> CoreJsonWebKeySet {
        CoreJsonWebKeySet::new(self.0.iter().map(|(_, key)| key.as_verification_key()).collect())
    }

    /// A logout token from `issuer` for the app `audience`. `jti` is its own id; each try to deliver one
    /// takes a new one.
    ///
    /// # Panics
    /// When there is no secret at all, which the configuration rules out.
    #[must_use]
    pub fn logout_token(
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
            SIGNED_AT: numeric_date(now),
            "jti": jti,
            "events": { EVENT: {} },
            // Whose `sub` and `sid` they are: identity speaks for several providers (RFC 9493 §3.2.3).
            "sub_id": {
                "format": "iss_sub",
                "iss": notice.provider_issuer,
                "sub": notice.sub.unwrap_or_default(),
            },
        });
        for (name, value) in [("sid", notice.sid), ("sub", notice.sub), (BROWSER, notice.browser)] {
            if let Some(value) = value {
                claims[name] = value.into();
            }
        }
        self.sign(TYPE, &claims)
    }

    /// A signed token (RFC 7515 §7.1) that says with `typ` what it is for, so that no kind passes for another
    /// (RFC 8725 §3.11).
    ///
    /// # Panics
    /// When there is no secret at all, which the configuration rules out.
    #[must_use]
    #[expect(clippy::expect_used, reason = "there is a key, and Ed25519 signs whatever bytes there are")]
    pub fn sign(&self, typ: &str, claims: &Value) -> String {
        let (kid, key) = self.0.first().expect("at least one secret");
        let header = json!({ "alg": "EdDSA", "typ": typ, "kid": kid });
        let encode = |part: &Value| URL_SAFE_NO_PAD.encode(part.to_string());
        let signed = format!("{}.{}", encode(&header), encode(claims));
        let signature =
            key.sign(&CoreJwsSigningAlgorithm::EdDsa, signed.as_bytes()).expect("Ed25519 signs everything");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

#[expect(clippy::expect_used, reason = "32 bytes are a valid HKDF-SHA256 output and a valid Ed25519 key")]
fn derive(secret: &SecretString) -> (String, CoreEdDsaPrivateSigningKey) {
    let expand = |label: &[u8]| {
        let mut bytes = [0; 32];
        Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes())
            .expand(label, &mut bytes)
            .expect("32 bytes from HKDF");
        bytes
    };
    let der = [PKCS8.as_slice(), &expand(b"logout token signing key v1")].concat();
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n", STANDARD.encode(der));
    // Its own derivation, so that the name tells nothing about the key.
    let kid = URL_SAFE_NO_PAD.encode(&Sha256::digest(expand(b"logout token key id v1"))[..9]);
    let key = CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(kid.clone())))
        .expect("an Ed25519 key");
    (kid, key)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        jws::OWN_TOLERANCE,
        logout::{Expected, LogoutToken, LogoutTokenError},
    };

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
            tolerance: OWN_TOLERANCE,
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

    #[test]
    fn the_same_secret_gives_the_same_key_and_publishes_no_private_half() {
        let published = serde_json::to_value(keys(&[NEW]).published()).unwrap();
        assert_eq!(published, serde_json::to_value(keys(&[NEW]).published()).unwrap());
        assert_eq!(published["keys"][0]["crv"], "Ed25519");
        assert!(published["keys"][0].get("d").is_none());
    }
}
