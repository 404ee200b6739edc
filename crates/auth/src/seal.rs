//! Encryption of values that the store or the browser keeps for the app: tokens, flows, grants and cookies.
//!
//! The cipher is XChaCha20-Poly1305. HKDF-SHA256 derives one key per purpose from `AUTH_SECRET`. The
//! newest secret seals. Older secrets (`AUTH_SECRET_1`…) still open, so a secret can be rotated
//! without signing users out.

use crate::random::Random;
use chacha20poly1305::{
    KeyInit, XChaCha20Poly1305, XNonce,
    aead::{Aead, Payload},
};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::Sha256;

/// Length of an XChaCha20 nonce, bytes. Random nonces of this length never collide in practice.
const NONCE: usize = 24;

/// The purpose of a sealed value. A value sealed for one purpose does not open for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Purpose {
    /// The provider's tokens of a session.
    Tokens,
    /// `nonce` and `code_verifier` of a sign-in under way.
    Flow,
    /// The content of a grant, such as the user of a handoff token.
    Grant,
    /// The handle by which an app and identity know a browser, in the app's cookie.
    Browser,
    /// A ticket for one silent sign-in by a waiting tab.
    Ticket,
    /// Identity's receipt for a sign-in that an app has to confirm.
    Receipt,
    /// A cookie that remembers a silent attempt or a sign-out.
    Mark,
    /// The `state` of a flow, which says where the visitor wanted to go.
    State,
    /// The trace of a flow, in a cookie.
    Trace,
}

impl Purpose {
    /// All purposes, in the order of their discriminants.
    const ALL: [Self; 9] = [
        Self::Tokens,
        Self::Flow,
        Self::Grant,
        Self::Browser,
        Self::Ticket,
        Self::Receipt,
        Self::Mark,
        Self::State,
        Self::Trace,
    ];

    fn label(self) -> &'static [u8] {
        match self {
            Self::Tokens => b"session tokens v1",
            Self::Flow => b"flow v1",
            Self::Grant => b"grant v1",
            Self::Browser => b"browser v1",
            Self::Ticket => b"silent sign-in ticket v1",
            Self::Receipt => b"sign-in receipt v1",
            Self::Mark => b"mark v1",
            Self::State => b"state v1",
            Self::Trace => b"flow trace v1",
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

/// The value was not sealed by this keyring for this purpose and place, or was changed since.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
#[error("the sealed value cannot be opened")]
pub struct UnsealError;

impl Keyring {
    /// Derives the keys. `secrets` are newest first, each at least 32 bytes; the
    /// configuration checks their length.
    #[must_use]
    pub fn new(secrets: &[SecretString], random: Random) -> Self {
        let keys = secrets.iter().map(|secret| Purpose::ALL.map(|purpose| derive(secret, purpose))).collect();
        Self { keys, random }
    }

    /// Seals `plain` and binds it to `place`, such as the session's key: the sealed value opens only there.
    ///
    /// # Panics
    /// If there is no secret. The configuration rules this out.
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

    /// Opens a value that [`seal`](Self::seal) made, with the newest secret or an older one.
    ///
    /// # Errors
    /// [`UnsealError`] if no key fits, if purpose or place differ, or if the value was changed.
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
    fn a_sealed_value_opens_only_for_its_purpose_and_place() {
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
