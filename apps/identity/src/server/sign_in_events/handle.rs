//! Identity's handle for a browser, and the handles of the apps derived from it.

use auth::{random::Random, sign_in_events::AppHandle};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use hkdf::Hkdf;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use std::fmt;

/// Identity's handle for a browser: 256 random bits. It reveals only when this browser signs in, but is kept
/// out of logs anyway.
#[derive(Clone)]
pub(crate) struct BrowserHandle([u8; 32]);

impl fmt::Debug for BrowserHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("BrowserHandle")
    }
}

impl BrowserHandle {
    /// Creates a random handle.
    #[must_use]
    pub(crate) fn generate(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// Reads a handle from a cookie's value; `None` if the value is malformed.
    #[must_use]
    pub(crate) fn parse(text: &str) -> Option<Self> {
        URL_SAFE_NO_PAD.decode(text).ok()?.try_into().ok().map(Self)
    }

    /// The handle as a cookie's value.
    #[must_use]
    pub(crate) fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// A hash of the handle for the `state` of a flow. The `state` is sealed, and passes through the provider.
    #[must_use]
    pub(crate) fn flow_tag(&self) -> String {
        let hash = Sha256::new().chain_update("flow").chain_update(self.0).finalize();
        URL_SAFE_NO_PAD.encode(&hash[..12])
    }

    /// The handle by which the app `client_id` knows this browser. It is derived with HKDF-SHA256 (RFC 5869
    /// §2.3) from `secret`, this handle and the client id. So nothing has to be stored, and two apps cannot
    /// link their handles.
    #[must_use]
    #[expect(clippy::expect_used, reason = "32 bytes is a valid HKDF-SHA256 output length")]
    pub(crate) fn for_app(&self, client_id: &str, secret: &SecretString) -> AppHandle {
        let mut bytes = [0; 32];
        let info = [b"browser handle v1 ".as_slice(), &self.0, client_id.as_bytes()];
        Hkdf::<Sha256>::new(None, secret.expose_secret().as_bytes())
            .expand_multi_info(&info, &mut bytes)
            .expect("32 bytes from HKDF");
        AppHandle::from_bytes(bytes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn secret(text: &str) -> SecretString {
        text.into()
    }

    #[test]
    fn each_app_has_its_own_handle_that_never_changes() {
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
    fn a_handle_reads_back_and_is_not_shown_in_a_log() {
        let handle = BrowserHandle::generate(&Random::seeded(1));
        assert_eq!(BrowserHandle::parse(&handle.expose()).map(|handle| handle.0), Some(handle.0));
        assert_eq!(format!("{handle:?}"), "BrowserHandle");
    }
}
