//! What identity calls a browser, and what an app does.

use crate::random::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use session_store::BrowserKey;
use sha2::{Digest, Sha256};
use std::fmt;

/// Identity's handle for a browser: 256 random bits. Whoever has it could learn nothing but when this browser
/// signs in; it is not shown all the same.
#[derive(Clone)]
pub struct BrowserHandle([u8; 32]);

/// One app's handle for a browser.
#[derive(Clone, PartialEq, Eq)]
pub struct AppHandle([u8; 32]);

impl fmt::Debug for BrowserHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BrowserHandle")
    }
}

impl fmt::Debug for AppHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AppHandle")
    }
}

impl BrowserHandle {
    /// A fresh one.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// Reads a cookie's value; `None` for garbage.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    /// The cookie's value.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The handle that the app `client_id` knows this browser by: HMAC-SHA256 under a key derived from
    /// `secret` (HKDF, RFC 5869 §2.3), so nothing has to be stored, and two apps cannot compare notes.
    #[must_use]
    #[expect(clippy::expect_used, reason = "32 bytes is a valid HKDF-SHA256 output length")]
    pub fn for_app(&self, client_id: &str, secret: &SecretString) -> AppHandle {
        let mut bytes = [0; 32];
        let info = [b"browser handle v1 ".as_slice(), &self.0, client_id.as_bytes()];
        Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes())
            .expand_multi_info(&info, &mut bytes)
            .expect("32 bytes from HKDF");
        AppHandle(bytes)
    }
}

impl AppHandle {
    /// Reads one; `None` for garbage.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    pub(super) fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// As it travels, once, in the redirect to the app's callback.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// What it is compared by.
    #[must_use]
    pub fn key(&self) -> BrowserKey {
        BrowserKey::from_bytes(Sha256::digest(self.0).into())
    }
}

fn decode(text: &str) -> Option<[u8; 32]> {
    URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.into()
    }

    #[test]
    fn each_app_has_a_handle_of_its_own_that_is_always_the_same() {
        let random = Random::seeded(1);
        let (one, other) = (BrowserHandle::generate(&random), BrowserHandle::generate(&random));
        let secrets = [secret("a secret"), secret("another")];
        let games = one.for_app("games", &secrets[0]);
        assert_eq!(games, one.for_app("games", &secrets[0]));
        assert_ne!(games, one.for_app("store", &secrets[0]));
        assert_ne!(games, other.for_app("games", &secrets[0]));
        assert_ne!(games, one.for_app("games", &secrets[1]));
        assert_ne!(games.expose(), one.expose());
    }

    #[test]
    fn handles_and_keys_read_back_and_garbage_does_not() {
        let handle = BrowserHandle::generate(&Random::seeded(1));
        assert_eq!(BrowserHandle::parse(&handle.expose()).map(|handle| handle.0), Some(handle.0));
        let app = handle.for_app("games", &secret("a secret"));
        assert_eq!(AppHandle::parse(&app.expose()), Some(app.clone()));
        assert_eq!(BrowserKey::parse(&app.key().to_text()), Some(app.key()));
        for text in ["", "x", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43)] {
            assert!(AppHandle::parse(text).is_none() && BrowserKey::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn neither_shows_itself_in_a_log() {
        let handle = BrowserHandle::generate(&Random::seeded(1));
        let shown = format!("{handle:?} {:?}", handle.for_app("games", &secret("a secret")));
        assert_eq!(shown, "BrowserHandle AppHandle");
    }
}
