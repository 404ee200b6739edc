//! The session id in the cookie; the store knows its SHA-256, a [`SessionKey`].

use crate::random::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use session_store::SessionKey;
use sha2::{Digest, Sha256};
use std::fmt;

/// A session id: 256 random bits that only the browser keeps. The type has no `Display`, and `Debug` hides
/// the bits, so that no log contains an id.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// Generates a fresh id.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// Parses a cookie's value; `None` if the value does not have the form of an id.
    #[must_use]
    pub fn parse(cookie: &str) -> Option<Self> {
        if cookie.len() != 43 {
            return None;
        }
        // One byte longer than an id, because the decoder works in groups of three.
        let mut bytes = [0; 33];
        let length = URL_SAFE_NO_PAD.decode_slice(cookie, &mut bytes).ok()?;
        Some(Self(bytes.get(..length)?.try_into().ok()?))
    }

    /// Returns the cookie's value. For the `Set-Cookie` header only.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// Returns the session's key in the store.
    #[must_use]
    pub fn key(&self) -> SessionKey {
        SessionKey::from_bytes(Sha256::digest(self.0).into())
    }
}

impl fmt::Debug for SessionId {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("SessionId(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_reads_back_and_its_key_differs_from_it() {
        let id = SessionId::generate(&Random::seeded(1));
        assert_eq!(SessionId::parse(&id.expose()), Some(id.clone()));
        assert_ne!(id.key().as_bytes(), id.0);
    }

    #[test]
    fn garbage_is_no_id() {
        let id = SessionId::generate(&Random::seeded(1)).expose();
        for text in ["", "x", &id[1..], &format!("{id}A"), &id.replace(|_| true, "!"), &"é".repeat(22)] {
            assert_eq!(SessionId::parse(text), None, "{text:?}");
        }
    }

    #[test]
    fn debug_output_shows_neither_id_nor_key() {
        let id = SessionId::generate(&Random::seeded(1));
        assert_eq!(format!("{id:?} {:?}", id.key()), "SessionId(…) SessionKey(…)");
    }
}
