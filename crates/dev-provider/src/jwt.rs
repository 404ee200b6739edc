//! Signed JWTs from outside: client assertions, Apple's client secrets and `id_token_hint`s.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::JsonWebKey as _;
use openidconnect::core::{CoreJsonCurveType, CoreJsonWebKey, CoreJwsSigningAlgorithm};
use p256::elliptic_curve::sec1::ToSec1Point as _;
use p256::pkcs8::DecodePublicKey as _;
use rsa::pkcs8::DecodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use serde_json::Value;

/// A JWT in compact form (RFC 7515 §7.1) whose signature is not verified yet.
pub(crate) struct UnverifiedJwt<'a> {
    input: &'a str,
    signature: Vec<u8>,
    header: Value,
    claims: Value,
}

impl<'a> UnverifiedJwt<'a> {
    pub(crate) fn parse(token: &'a str) -> Option<Self> {
        let (input, signature) = token.rsplit_once('.')?;
        let (header, claims) = input.split_once('.')?;
        let json = |part| serde_json::from_slice(&BASE64_URL_SAFE_NO_PAD.decode(part).ok()?).ok();
        Some(Self {
            input,
            signature: BASE64_URL_SAFE_NO_PAD.decode(signature).ok()?,
            header: json(header)?,
            claims: json(claims)?,
        })
    }

    /// Returns a text member of the header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.header.get(name)?.as_str()
    }

    /// Returns the unverified `sub`, to look up the client whose key verifies the signature.
    pub(crate) fn unverified_sub(&self) -> Option<&str> {
        self.claims.get("sub")?.as_str()
    }

    /// Returns the claims if one of `keys` verifies the signature. Accepts RS256 and ES256 only, each with a
    /// key of its type, and no `crit` header (RFC 7515 §4.1.11).
    pub(crate) fn verify(self, keys: &[CoreJsonWebKey]) -> Option<Claims> {
        let algorithm = match self.header("alg")? {
            "RS256" => CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
            "ES256" => CoreJwsSigningAlgorithm::EcdsaP256Sha256,
            _ => return None,
        };
        let verifies = |key: &CoreJsonWebKey| {
            key.verify_signature(&algorithm, self.input.as_bytes(), &self.signature).is_ok()
        };
        (self.header.get("crit").is_none() && keys.iter().any(verifies)).then_some(Claims(self.claims))
    }
}

/// The claims of a verified JWT.
pub(crate) struct Claims(Value);

impl Claims {
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.0.get(name)?.as_str()
    }

    /// Returns a time as seconds since 1970.
    pub(crate) fn seconds(&self, name: &str) -> Option<i64> {
        self.0.get(name)?.as_i64()
    }

    /// Whether `aud`, a text or a list, contains an audience that `accepts` accepts.
    pub(crate) fn is_for(&self, accepts: impl Fn(&str) -> bool) -> bool {
        match self.0.get("aud") {
            Some(Value::String(only)) => accepts(only),
            Some(Value::Array(all)) => all.iter().filter_map(Value::as_str).any(accepts),
            _ => false,
        }
    }
}

/// Parses an RSA or P-256 public key from SPKI PEM.
pub(crate) fn public_key(pem: &str) -> Option<CoreJsonWebKey> {
    let rsa = rsa::RsaPublicKey::from_public_key_pem(pem).ok();
    rsa.map(|key| CoreJsonWebKey::new_rsa(key.n().to_bytes_be(), key.e().to_bytes_be(), None))
        .or_else(|| p256_key(pem))
}

/// Parses a P-256 public key from SPKI PEM.
pub(crate) fn p256_key(pem: &str) -> Option<CoreJsonWebKey> {
    let point = p256::PublicKey::from_public_key_pem(pem).ok()?.to_sec1_point(false);
    let (x, y) = (point.x()?.to_vec(), point.y()?.to_vec());
    Some(CoreJsonWebKey::new_ec(x, y, CoreJsonCurveType::P256, None))
}
