//! The signing key: generated once, kept in the data folder, published as a JWK set, rotated on demand.

use crate::Error;
use base64::{Engine as _, prelude::BASE64_URL_SAFE_NO_PAD};
use openidconnect::core::{
    CoreJsonWebKey, CoreJsonWebKeySet, CoreJwsSigningAlgorithm, CoreRsaPrivateSigningKey,
};
use openidconnect::{JsonWebKeyId, PrivateSigningKey as _};
use rsa::pkcs1::{DecodeRsaPrivateKey as _, EncodeRsaPrivateKey as _, LineEnding};
use rsa::pkcs8::EncodePublicKey as _;
use rsa::traits::PublicKeyParts as _;
use rsa::{RsaPrivateKey, RsaPublicKey};
use secrecy::{ExposeSecret as _, SecretString};
use serde::Serialize;
use sha2::{Digest as _, Sha256};
use std::io::{ErrorKind, Write as _};
use std::os::unix::fs::OpenOptionsExt as _;
use std::path::Path;

/// Size of the RSA modulus, in bits.
const BITS: usize = 2048;
/// Number of retired keys that still verify an `id_token_hint`.
const RETIRED: usize = 8;

/// Generates a signing key, as PKCS#1 PEM. This takes about a second, so tests should share a key.
///
/// # Errors
/// When the key cannot be generated.
pub fn generate_signing_key() -> Result<SecretString, Error> {
    let key = RsaPrivateKey::new(&mut rsa::rand_core::OsRng, BITS).map_err(key_error)?;
    let pem = key.to_pkcs1_pem(LineEnding::LF).map_err(key_error)?;
    Ok(SecretString::from(pem.as_str()))
}

/// One RSA key with its `kid`.
pub(crate) struct SigningKey {
    pub(crate) kid: String,
    /// The public key as PEM: the HMAC secret of an algorithm-confusion attack.
    pub(crate) public_pem: String,
    pub(crate) signer: CoreRsaPrivateSigningKey,
}

impl SigningKey {
    pub(crate) fn from_pem(pem: &SecretString) -> Result<Self, Error> {
        let private = RsaPrivateKey::from_pkcs1_pem(pem.expose_secret()).map_err(key_error)?;
        let public = private.to_public_key();
        let kid = thumbprint(&public);
        let id = Some(JsonWebKeyId::new(kid.clone()));
        let signer = CoreRsaPrivateSigningKey::from_pem(pem.expose_secret(), id).map_err(Error::Key)?;
        let public_pem = public.to_public_key_pem(LineEnding::LF).map_err(key_error)?;
        Ok(Self { kid, public_pem, signer })
    }

    /// Signs a JWT with RS256, in compact form (RFC 7515 §7.1). For headers that the library cannot write.
    pub(crate) fn sign(&self, header: &impl Serialize, payload: &impl Serialize) -> Result<String, Error> {
        let input = format!("{}.{}", segment(header)?, segment(payload)?);
        let signature = self
            .signer
            .sign(&CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, input.as_bytes())
            .map_err(|error| Error::Sign(error.to_string()))?;
        Ok(format!("{input}.{}", BASE64_URL_SAFE_NO_PAD.encode(signature)))
    }
}

/// The current key and the retired keys.
pub(crate) struct Keys {
    pub(crate) current: SigningKey,
    retired: Vec<CoreJsonWebKey>,
}

impl Keys {
    pub(crate) fn new(current: SigningKey) -> Self {
        Self { current, retired: Vec::new() }
    }

    /// Returns the key set of `/jwks.json`: the current key only. A retired key leaves the set at once, so
    /// that tests can see relying parties fetch the set again.
    pub(crate) fn published(&self) -> CoreJsonWebKeySet {
        CoreJsonWebKeySet::new(vec![self.current.signer.as_verification_key()])
    }

    /// Returns the key set as it was before the last rotation, for
    /// [`Fault::StaleKeys`](crate::Fault::StaleKeys).
    pub(crate) fn before(&self) -> CoreJsonWebKeySet {
        CoreJsonWebKeySet::new(self.retired.first().cloned().into_iter().collect())
    }

    /// Returns the current key and the retired keys, to verify earlier ID tokens of this provider.
    pub(crate) fn known(&self) -> CoreJsonWebKeySet {
        let mut keys = vec![self.current.signer.as_verification_key()];
        keys.extend(self.retired.iter().cloned());
        CoreJsonWebKeySet::new(keys)
    }

    pub(crate) fn rotate(&mut self, next: SigningKey) {
        let before = std::mem::replace(&mut self.current, next);
        self.retired.insert(0, before.signer.as_verification_key());
        self.retired.truncate(RETIRED);
    }
}

/// Reads the key in the data folder. The first start generates it, readable by its owner only.
pub(crate) fn load_or_create(data_dir: &Path) -> Result<SecretString, Error> {
    let path = data_dir.join("signing-key.pem");
    match std::fs::read_to_string(&path) {
        Ok(pem) => return Ok(SecretString::from(pem)),
        Err(error) if error.kind() == ErrorKind::NotFound => {}
        Err(error) => return Err(Error::KeyFile(error)),
    }
    let pem = generate_signing_key()?;
    std::fs::create_dir_all(data_dir).map_err(Error::KeyFile)?;
    // Write a temporary file and rename it, so that an interrupted start leaves no partial key.
    let unfinished = data_dir.join(format!("signing-key.{}.tmp", std::process::id()));
    let written = std::fs::OpenOptions::new()
        .write(true)
        .create(true)
        .truncate(true)
        .mode(0o600)
        .open(&unfinished)
        .and_then(|mut file| file.write_all(pem.expose_secret().as_bytes()))
        .and_then(|()| std::fs::rename(&unfinished, &path));
    written.map_err(Error::KeyFile)?;
    Ok(pem)
}

/// Encodes `value` as a segment of a JWT: base64url of its JSON.
pub(crate) fn segment(value: &impl Serialize) -> Result<String, Error> {
    let json = serde_json::to_vec(value).map_err(|error| Error::Sign(error.to_string()))?;
    Ok(BASE64_URL_SAFE_NO_PAD.encode(json))
}

/// Returns the `kid` of a key: its JWK thumbprint (RFC 7638), which does not change with a restart.
fn thumbprint(key: &RsaPublicKey) -> String {
    let e = BASE64_URL_SAFE_NO_PAD.encode(key.e().to_bytes_be());
    let n = BASE64_URL_SAFE_NO_PAD.encode(key.n().to_bytes_be());
    BASE64_URL_SAFE_NO_PAD.encode(Sha256::digest(format!(r#"{{"e":"{e}","kty":"RSA","n":"{n}"}}"#)))
}

#[expect(clippy::needless_pass_by_value, reason = "map_err passes the error by value")]
fn key_error(error: impl ToString) -> Error {
    Error::Key(error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt as _;

    #[test]
    fn the_key_survives_a_restart_and_only_its_owner_can_read_it() {
        let dir = tempfile::tempdir().unwrap();
        let first = SigningKey::from_pem(&load_or_create(dir.path()).unwrap()).unwrap();
        let second = SigningKey::from_pem(&load_or_create(dir.path()).unwrap()).unwrap();
        assert_eq!(first.kid, second.kid);
        let mode = std::fs::metadata(dir.path().join("signing-key.pem")).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600);
        assert_eq!(std::fs::read_dir(dir.path()).unwrap().count(), 1);
    }

    #[test]
    fn a_rotated_key_leaves_the_published_set_and_stays_known() {
        let key = || SigningKey::from_pem(&generate_signing_key().unwrap()).unwrap();
        let mut keys = Keys::new(key());
        let before = keys.published();
        keys.rotate(key());
        assert_ne!(before, keys.published());
        assert_eq!(keys.published().keys().len(), 1);
        assert_eq!(keys.known().keys().len(), 2);
    }
}
