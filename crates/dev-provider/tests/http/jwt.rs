//! JWTs as clients sign them.

use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::PrivateSigningKey as _;
use openidconnect::core::{CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey};
use p256::ecdsa::signature::Signer as _;
use p256::ecdsa::{Signature, SigningKey};
use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use rsa::pkcs1::DecodeRsaPrivateKey as _;
use rsa::pkcs8::EncodePublicKey as _;
use secrecy::{ExposeSecret as _, SecretString};
use serde_json::{Value, json};

/// The P-256 key of a client, made from a fixed number.
pub(crate) struct EcKey(SigningKey);

impl EcKey {
    pub(crate) fn new(seed: u8) -> Self {
        Self(SigningKey::from_slice(&[seed; 32]).unwrap())
    }

    pub(crate) fn public_pem(&self) -> String {
        self.0.verifying_key().to_public_key_pem(LineEnding::LF).unwrap()
    }

    pub(crate) fn sign(&self, header: &Value, claims: &Value) -> String {
        let input = input(header, claims);
        let signature: Signature = self.0.sign(input.as_bytes());
        format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature.to_bytes()))
    }
}

/// Signs `claims` with RS256 and a private key as PKCS#1 PEM.
pub(crate) fn rs256(pem: &SecretString, claims: &Value) -> String {
    let input = input(&json!({ "alg": "RS256" }), claims);
    let key = CoreRsaPrivateSigningKey::from_pem(pem.expose_secret(), None).unwrap();
    let signature = key.sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, input.as_bytes()).unwrap();
    format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature))
}

/// Returns the public key of a private key, as SPKI PEM.
pub(crate) fn rsa_public_pem(pem: &SecretString) -> String {
    let key = rsa::RsaPrivateKey::from_pkcs1_pem(pem.expose_secret()).unwrap();
    key.to_public_key().to_public_key_pem(rsa::pkcs8::LineEnding::LF).unwrap()
}

fn input(header: &Value, claims: &Value) -> String {
    let encode = |json: &Value| BASE64_URL_SAFE_NO_PAD.encode(json.to_string());
    format!("{}.{}", encode(header), encode(claims))
}
