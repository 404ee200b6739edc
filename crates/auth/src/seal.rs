//! Encryption of what the store keeps for us: tokens, and the secrets of a sign-in under way.
//!
//! XChaCha20-Poly1305 under a key derived from `AUTH_SECRET` by HKDF-SHA256, one key a purpose. The
//! newest secret seals; older ones (`AUTH_SECRET_1`…) still open, so a secret can be rotated without
//! signing anybody out.

use crate::random::Random;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Length of an XChaCha20 nonce, bytes. Random ones never collide in practice.
const NONCE: usize = 24;

/// What a sealed value is for: a value sealed for one purpose does not open for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The provider's tokens of a session.
    Tokens,
    /// `nonce`, `code_verifier` and return path of a sign-in under way.
    Flow,
    /// Whom a handoff token, or what comes of it, is about.
    Grant,
    /// What identity calls a browser, in an app's cookie.
    Browser,
    /// One silent sign-in that a waiting tab may try.
    Ticket,
    /// Identity's receipt for a sign-in that an app has to confirm.
    Receipt,
    /// What a browser remembers of silent attempts and sign-outs.
    Mark,
}

impl Purpose {
    /// In the order of their numbers.
    const ALL: [Self; 7] =
        [Self::Tokens, Self::Flow, Self::Grant, Self::Browser, Self::Ticket, Self::Receipt, Self::Mark];

    fn label(self) -> &'static [u8] {
        match self {
            Self::Tokens => b"session tokens v1",
            Self::Flow => b"flow v1",
            Self::Grant => b"grant v1",
            Self::Browser => b"browser v1",
            Self::Ticket => b"silent sign-in ticket v1",
            Self::Receipt => b"sign-in receipt v1",
            Self::Mark => b"mark v1",
        }
    }
}

/// The keys derived from `AUTH_SECRET` and its predecessors, newest first.
#[derive(Clone)]
pub struct Keyring {
    keys: Vec<[XChaCha20Poly1305; Purpose::ALL.len()]>,
    random: Random,
}

impl std::fmt::Debug for Keyring {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "Keyring({} keys)", self.keys.len())
    }
}

/// A value that was not sealed by this keyring for this purpose and place, or was changed since.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value does not open")]
pub struct UnsealError;

impl Keyring {
    /// Derives the keys; `secrets` newest first, each at least 32 bytes (the configuration checks).
    #[must_use]
    pub fn new(secrets: &[SecretString], random: Random) -> Self {
        let keys = secrets.iter().map(|secret| Purpose::ALL.map(|purpose| derive(secret, purpose))).collect();
        Self { keys, random }
    }

    /// Seals `plain`, bound to `place` (say, the session's key): it opens only there.
    ///
    /// # Panics
    /// When there is no secret at all, which the configuration rules out.
    #[must_use]
    #[expect(clippy::expect_used, reason = "in-memory encryption of a short value cannot fail")]
    pub fn seal(&self, purpose: Purpose, place: &[u8], plain: &[u8]) -> Vec<u8> {
        let nonce = self.random.bytes::<NONCE>();
        let cipher = &self.keys.first().expect("at least one secret")[purpose as usize];
        let sealed = cipher
            .encrypt(XNonce::from_slice(&nonce), Payload { msg: plain, aad: place })
            .expect("encrypting in memory");
        [nonce.as_slice(), &sealed].concat()
    }

    /// Opens what [`seal`](Self::seal) made, with the newest secret or an older one.
    ///
    /// # Errors
    /// [`UnsealError`] when no key fits, or purpose or place differ, or a bit was changed.
    pub fn open(&self, purpose: Purpose, place: &[u8], sealed: &[u8]) -> Result<Vec<u8>, UnsealError> {
        let (nonce, cipher_text) = sealed.split_at_checked(NONCE).ok_or(UnsealError)?;
        self.keys
            .iter()
            .find_map(|ciphers| {
                ciphers[purpose as usize]
                    .decrypt(XNonce::from_slice(nonce), Payload { msg: cipher_text, aad: place })
                    .ok()
            })
            .ok_or(UnsealError)
    }
}

#[expect(clippy::expect_used, reason = "32 bytes is a valid HKDF-SHA256 output length")]
fn derive(secret: &SecretString, purpose: Purpose) -> XChaCha20Poly1305 {
    let mut key = [0; 32];
    Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes())
        .expand(purpose.label(), &mut key)
        .expect("32 bytes from HKDF");
    XChaCha20Poly1305::new(&key.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keyring(secrets: &[&str]) -> Keyring {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).into()).collect();
        Keyring::new(&secrets, Random::seeded(1))
    }

    const OLD: &str = "an old secret of at least thirty-two bytes";
    const NEW: &str = "a new secret of at least thirty-two bytes!";

    #[test]
    fn what_is_sealed_opens_in_its_place_only() {
        let keys = keyring(&[NEW]);
        let sealed = keys.seal(Purpose::Tokens, b"session 1", b"token");
        assert_eq!(keys.open(Purpose::Tokens, b"session 1", &sealed).unwrap(), b"token");
        assert_eq!(keys.open(Purpose::Tokens, b"session 2", &sealed), Err(UnsealError));
        assert_eq!(keys.open(Purpose::Flow, b"session 1", &sealed), Err(UnsealError));
    }

    #[test]
    fn a_changed_or_cut_value_does_not_open() {
        let keys = keyring(&[NEW]);
        let mut sealed = keys.seal(Purpose::Flow, b"", b"verifier");
        assert_eq!(keys.open(Purpose::Flow, b"", &sealed[..10]), Err(UnsealError));
        sealed[30] ^= 1;
        assert_eq!(keys.open(Purpose::Flow, b"", &sealed), Err(UnsealError));
    }

    #[test]
    fn a_rotated_secret_still_opens_and_a_removed_one_does_not() {
        let sealed = keyring(&[OLD]).seal(Purpose::Tokens, b"", b"token");
        assert!(keyring(&[NEW, OLD]).open(Purpose::Tokens, b"", &sealed).is_ok());
        assert!(keyring(&[NEW]).open(Purpose::Tokens, b"", &sealed).is_err());
    }

    #[test]
    fn the_sealed_value_does_not_show_the_plain_one() {
        let sealed = keyring(&[NEW]).seal(Purpose::Tokens, b"", b"refresh-token");
        assert!(!sealed.windows(13).any(|window| window == b"refresh-token"));
    }
}
