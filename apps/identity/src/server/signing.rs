//! The keys with which identity signs its messages to apps: logout tokens, browser events and session
//! queries.
//!
//! The keys are Ed25519, derived from `AUTH_SECRET` by HKDF-SHA256. So nothing is stored, all replicas have
//! the same key, and a new secret brings a new key. The keys of older secrets stay published until those
//! secrets are removed.

use base64::{Engine, engine::general_purpose::STANDARD, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use openidconnect::{
    JsonWebKeyId, PrivateSigningKey,
    core::{CoreEdDsaPrivateSigningKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm},
};
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use sha2::{Digest, Sha256};

/// The DER prefix of an Ed25519 private key in PKCS #8. The 32 bytes of the key follow (RFC 8410 §7).
const PKCS8: [u8; 16] = [0x30, 0x2e, 2, 1, 0, 0x30, 5, 6, 3, 0x2b, 0x65, 0x70, 4, 0x22, 4, 0x20];

/// Identity's signing keys, newest first.
pub(crate) struct SigningKeys(Vec<(String, CoreEdDsaPrivateSigningKey)>);

impl std::fmt::Debug for SigningKeys {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "SigningKeys({} keys)", self.0.len())
    }
}

impl SigningKeys {
    /// Derives one key from each secret; `secrets` must be newest first.
    #[must_use]
    pub(crate) fn new(secrets: &[SecretString]) -> Self {
        Self(secrets.iter().map(derive).collect())
    }

    /// The public keys for `/.well-known/jwks.json` (RFC 8037 §2).
    #[must_use]
    pub(crate) fn published(&self) -> CoreJsonWebKeySet {
        CoreJsonWebKeySet::new(self.0.iter().map(|(_, key)| key.as_verification_key()).collect())
    }

    /// Signs `claims` as a token (RFC 7515 §7.1). `typ` says what the token is for, so that one kind is not
    /// accepted as another (RFC 8725 §3.11).
    ///
    /// # Panics
    /// When there is no secret; the configuration rules this out.
    #[must_use]
    #[expect(clippy::expect_used, reason = "there is a key, and Ed25519 signs any bytes")]
    pub(crate) fn sign(&self, typ: &str, claims: &Value) -> String {
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
    // Derived separately, so that the id reveals nothing about the key.
    let kid = URL_SAFE_NO_PAD.encode(&Sha256::digest(expand(b"logout token key id v1"))[..9]);
    let key = CoreEdDsaPrivateSigningKey::from_ed25519_pem(&pem, Some(JsonWebKeyId::new(kid.clone())))
        .expect("an Ed25519 key");
    (kid, key)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_same_secret_gives_the_same_key_and_publishes_no_private_half() {
        let keys = || SigningKeys::new(&["a new secret of at least thirty-two bytes!".into()]);
        let published = serde_json::to_value(keys().published()).unwrap();
        assert_eq!(published, serde_json::to_value(keys().published()).unwrap());
        assert_eq!(published["keys"][0]["crv"], "Ed25519");
        assert!(published["keys"][0].get("d").is_none());
    }
}
