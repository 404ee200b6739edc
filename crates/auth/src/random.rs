//! Where unguessable values come from; seeded in tests.

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

    /// The same values at every run, for tests.
    #[must_use]
    pub fn seeded(seed: u64) -> Self {
        Self { seeded: Some(Arc::new(Mutex::new(ChaCha20Rng::seed_from_u64(seed)))) }
    }

    /// `N` fresh random bytes.
    ///
    /// # Panics
    /// When the operating system has no randomness to give: there is no safe way to go on.
    #[must_use]
    #[expect(clippy::expect_used, reason = "without randomness nothing here is safe")]
    pub fn bytes<const N: usize>(&self) -> [u8; N] {
        let mut bytes = [0; N];
        match &self.seeded {
            Some(seeded) => seeded.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes),
            None => OsRng.try_fill_bytes(&mut bytes).expect("the operating system's random source"),
        }
        bytes
    }

    /// 256 random bits as 43 characters that fit URLs, cookies and headers. Long enough to serve as
    /// a `code_verifier` too (RFC 7636 §4.1 asks for 43 to 128 characters).
    #[must_use]
    pub fn token(&self) -> String {
        URL_SAFE_NO_PAD.encode(self.bytes::<32>())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_43_url_safe_characters_and_never_the_same() {
        let random = Random::system();
        let (one, two) = (random.token(), random.token());
        assert_eq!(one.len(), 43);
        assert!(one.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)));
        assert_ne!(one, two);
    }

    #[test]
    fn a_seed_repeats_itself() {
        assert_eq!(Random::seeded(7).token(), Random::seeded(7).token());
    }
}
