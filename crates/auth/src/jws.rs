//! A signed token in compact form (RFC 7515 §7.1), read step by step, so that each refusal names its rule.

mod claims;
mod rule;

pub use claims::is_identifier;
pub(crate) use claims::{Claims, OWN_TOLERANCE, Validity};
pub(crate) use rule::TOKEN_RULES;
pub use rule::TokenRule;

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use openidconnect::{
    JsonWebKey, JsonWebKeyUse,
    core::{CoreJsonWebKey, CoreJsonWebKeySet, CoreJsonWebKeyUse, CoreJwsSigningAlgorithm},
};
use serde::{Deserialize, de::DeserializeOwned};
use serde_json::Value;

/// The accepted algorithms. All are asymmetric, so knowing the public key is not enough to sign.
pub(crate) const ALGORITHMS: [CoreJwsSigningAlgorithm; 9] = [
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha384,
    CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha512,
    CoreJwsSigningAlgorithm::RsaSsaPssSha256,
    CoreJwsSigningAlgorithm::RsaSsaPssSha384,
    CoreJwsSigningAlgorithm::RsaSsaPssSha512,
    CoreJwsSigningAlgorithm::EcdsaP256Sha256,
    CoreJwsSigningAlgorithm::EcdsaP384Sha384,
    CoreJwsSigningAlgorithm::EdDsa,
];

/// The header members that matter here (RFC 7515 §4.1).
#[derive(Deserialize)]
pub(crate) struct Header {
    alg: String,
    kid: Option<String>,
    pub(crate) typ: Option<String>,
    /// Extensions that the receiver must support; this crate supports no extension.
    crit: Option<Value>,
}

/// A token in its three parts, not verified yet.
pub(crate) struct Jws<'a> {
    pub(crate) header: Header,
    signed: &'a str,
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Splits a token into its parts.
    ///
    /// # Errors
    /// [`TokenRule::Malformed`].
    pub(crate) fn parse(text: &'a str) -> Result<Self, TokenRule> {
        let (signed, signature) = text.rsplit_once('.').ok_or(TokenRule::Malformed)?;
        let (header, payload) = signed.split_once('.').ok_or(TokenRule::Malformed)?;
        Ok(Self {
            header: json(&decode(header)?)?,
            signed,
            payload: decode(payload)?,
            signature: decode(signature)?,
        })
    }

    /// Reads the payload before the signature is checked. Use it only to choose the keys for the check.
    pub(crate) fn unverified<T: DeserializeOwned>(&self) -> Result<T, TokenRule> {
        json(&self.payload)
    }

    /// Checks the signature with these keys, and returns the payload.
    ///
    /// # Errors
    /// [`TokenRule::Algorithm`], [`TokenRule::UnknownKey`], [`TokenRule::Signature`],
    /// [`TokenRule::Malformed`].
    pub(crate) fn verified<T: DeserializeOwned>(&self, jwks: &CoreJsonWebKeySet) -> Result<T, TokenRule> {
        if self.header.crit.is_some() {
            return Err(TokenRule::Malformed);
        }
        let algorithm: CoreJwsSigningAlgorithm =
            serde_json::from_value(self.header.alg.clone().into()).map_err(|_| TokenRule::Algorithm)?;
        if !ALGORITHMS.contains(&algorithm) {
            return Err(TokenRule::Algorithm);
        }
        self.key(jwks)?
            .verify_signature(&algorithm, self.signed.as_bytes(), &self.signature)
            .map_err(|_| TokenRule::Signature)?;
        json(&self.payload)
    }

    /// Returns the signing key with the header's `kid`. Without a `kid`, the set must contain exactly one
    /// signing key.
    fn key<'k>(&self, jwks: &'k CoreJsonWebKeySet) -> Result<&'k CoreJsonWebKey, TokenRule> {
        let signs = |key: &&CoreJsonWebKey| key.key_use().is_none_or(CoreJsonWebKeyUse::allows_signature);
        let mut candidates = jwks.keys().iter().filter(signs).filter(|key| match &self.header.kid {
            Some(kid) => key.key_id().is_some_and(|known| known.as_str() == kid),
            None => true,
        });
        match (candidates.next(), candidates.next()) {
            (Some(key), None) => Ok(key),
            _ => Err(TokenRule::UnknownKey),
        }
    }
}

fn decode(part: &str) -> Result<Vec<u8>, TokenRule> {
    URL_SAFE_NO_PAD.decode(part).map_err(|_| TokenRule::Malformed)
}

fn json<T: DeserializeOwned>(bytes: &[u8]) -> Result<T, TokenRule> {
    serde_json::from_slice(bytes).map_err(|_| TokenRule::Malformed)
}

#[cfg(test)]
pub(crate) mod testing;
