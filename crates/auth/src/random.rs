//! The source of random values; seeded in tests.

use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use rand::{RngCore, SeedableRng, TryRngCore, rngs::OsRng};
use rand_chacha::ChaCha20Rng;
use std::sync::{Arc, Mutex, PoisonError};

/// The operating system's random source, or a seeded one.
#[derive(Clone, Debug, Default)]
pub struct Random {
    seeded: Option<Arc<Mutex<ChaCha20Rng>>>,
}

impl Random {
    /// The operating system's source.
    #[must_use]
    pub fn system() -> Self {
        Self::default()
    }

    /// A seeded source that repeats its values, for tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))) }
    }

    /// `N` fresh random bytes.
    ///
    /// # Panics
    /// If the operating system has no randomness: then no secret is safe.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without randomness no secret is safe")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.seeded {
            Some(seeded) => seeded.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
            None => OsRng.try_fill_bytes(&mut bytes).expect("the operating system's random source"),
        }
        bytes
    }

    /// 256 random bits as 43 characters that are safe in URLs, cookies and headers. Long enough for a
    /// `code_verifier` too (RFC 7636 §4.1 asks for 43 to 128 characters).
    #[must_use]
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_unique_and_have_43_url_safe_characters() {
        let random = Random::system();
        let (one, two) = (random.token(), random.token());
        assert_eq!(one.len(), 43);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_ne!(one, two);
    }

    #[test]
    fn a_seed_repeats_its_values() {
        assert_eq!(Random::seeded(7).token(), Random::seeded(7).token());
    }
}
