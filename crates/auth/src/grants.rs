//! What is handed out for seconds or minutes and taken once: a handoff token, an access token, an arrival that waits
//! for its user's answer. The store sees a hash, and what it is about only sealed.

use crate::{
    clock::Clock,
    random::Random,
    seal::{Keyring, Purpose},
    store::{Claim, Grant, GrantHash, GrantKind, GrantOutcome, Store, StoreError},
};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// The grants of this app; cheap to clone.
#[derive(Clone)]
pub struct Grants {
    store: Arc<dyn Store>,
    keyring: Keyring,
    clock: Clock,
    random: Random,
}

/// A grant that was handed out.
#[derive(Debug)]
pub struct IssuedGrant {
    /// What it is.
    pub kind: GrantKind,
    /// Who may use it.
    pub audience: String,
    /// When it is no use any more.
    pub expires_at: DateTime<Utc>,
    /// What it is about; `None` when it was sealed with a secret that is gone.
    pub about: Option<Vec<u8>>,
}

impl Grants {
    pub(crate) fn new(store: Arc<dyn Store>, keyring: Keyring, clock: Clock, random: Random) -> Self {
        Self { store, keyring, clock, random }
    }

    /// Keeps what a grant is about, and returns what is handed out for it: 256 random bits. `state_hash` is the
    /// SHA-256 of what has to come along with it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn issue(
        &self,
        kind: GrantKind,
        audience: &str,
        state_hash: [u8; 32],
        about: &[u8],
        lifetime: TimeDelta,
    ) -> Result<String, StoreError> {
        let token = self.random.token();
        let (hash, now) = (hash_of(&token), self.clock.now());
        let sealed = self.keyring.seal(Purpose::Grant, &hash, about);
        let grant =
            Grant { kind, audience: audience.to_owned(), state_hash, sealed, expires_at: now + lifetime };
        self.store.put_grant(&hash, &grant, now).await?;
        Ok(token)
    }

    /// Looks at a grant, be it expired, and leaves it there.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn load(&self, token: &str) -> Result<Option<IssuedGrant>, StoreError> {
        let hash = hash_of(token);
        let Some(grant) = self.store.load_grant(&hash).await? else { return Ok(None) };
        let Grant { kind, audience, expires_at, sealed, .. } = grant;
        Ok(Some(IssuedGrant { kind, audience, expires_at, about: self.open(&hash, &sealed) }))
    }

    /// Takes a grant, once, if everything fits; then [`GrantOutcome::Granted`] has what it is about. What was sealed with a
    /// secret that is gone is unknown.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn take(&self, token: &str, claim: Claim<'_>) -> Result<GrantOutcome, StoreError> {
        let hash = hash_of(token);
        Ok(match self.store.take_grant(&hash, claim, self.clock.now()).await? {
            GrantOutcome::Granted(sealed) => {
                self.open(&hash, &sealed).map_or(GrantOutcome::Unknown, GrantOutcome::Granted)
            }
            refused => refused,
        })
    }

    fn open(&self, hash: &GrantHash, sealed: &[u8]) -> Option<Vec<u8>> {
        self.keyring.open(Purpose::Grant, hash, sealed).ok()
    }
}

/// The SHA-256 of a text: what a store keeps of a token or a `state`.
#[must_use]
pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
