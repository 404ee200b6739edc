//! The handle by which an app knows a browser.

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
    /// Parses a handle; `None` if the text is malformed.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        decode(text).map(Self)
    }

    /// Creates a handle from its bytes.
    #[must_use]
    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(super) fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// Returns the handle as text. Put this text only into the redirect to the app's callback.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the handle's SHA-256, by which handles are stored and compared.
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
    fn debug_output_does_not_show_the_handle() {
        assert_eq!(format!("{:?}", AppHandle::from_bytes([7; 32])), "AppHandle");
    }
}
