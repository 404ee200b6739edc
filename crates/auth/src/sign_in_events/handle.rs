//! What an app calls a browser.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use session_store::BrowserKey;
use sha2::{Digest, Sha256};
use std::fmt;

/// One app's handle for a browser.
#[derive(Clone, PartialEq, Eq)]
pub struct AppHandle([u8; 32]);

impl fmt::Debug for AppHandle {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("AppHandle")
    }
}

impl AppHandle {
    /// Reads one; `None` for garbage.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    /// From its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
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

    #[test]
    fn handles_and_keys_read_back_and_garbage_does_not() {
        let app = AppHandle::from_bytes([7; 32]);
        assert_eq!(AppHandle::parse(&app.expose()), Some(app.clone()));
        assert_eq!(BrowserKey::parse(&app.key().to_text()), Some(app.key()));
        for text in ["", "x", &"A".repeat(42), &"A".repeat(44), &"=".repeat(43)] {
            assert!(AppHandle::parse(text).is_none() && BrowserKey::parse(text).is_none(), "{text:?}");
        }
    }

    #[test]
    fn it_does_not_show_itself_in_a_log() {
        assert_eq!(format!("{:?}", AppHandle::from_bytes([7; 32])), "AppHandle");
    }
}
