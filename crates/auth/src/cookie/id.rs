//! The session id in the cookie; the store knows its SHA-256, a [`SessionKey`].

use crate::random::Random;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use session_store::SessionKey;
use sha2::{Digest, Sha256};
use std::fmt;

/// 256 random bits that only the browser keeps. It has no `Display`, and `Debug` hides it: it cannot
/// slip into a log.
#[derive(Clone, PartialEq, Eq)]
pub struct SessionId([u8; 32]);

impl SessionId {
    /// A fresh id.
    #[must_use]
    pub fn generate(random: &Random) -> Self {
        Self(random.bytes())
    }

    /// Reads a cookie's value; `None` unless it is exactly one of ours in form.
    #[must_use]
    pub fn parse(cookie: &str) -> Option<Self> {
        if cookie.len() != 43 {
            return None;
        }
        // A byte more than an id has, for the decoder counts in threes.
        let mut bytes = [0; 33];
        let length = URL_SAFE_NO_PAD.decode_slice(cookie, &mut bytes).ok()?;
        Some(Self(bytes.get(..length)?.try_into().ok()?))
    }

    /// The cookie's value. For the `Set-Cookie` header only.
    #[must_use]
    pub fn expose(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.0)
    }

    /// The key under which the store knows the session.
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
    fn neither_shows_itself() {
        let id = SessionId::generate(&Random::seeded(1));
        assert_eq!(format!("{id:?} {:?}", id.key()), "SessionId(…) SessionKey(…)");
    }
}
