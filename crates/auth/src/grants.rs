//! Short-lived credentials: handoff tokens, their access tokens, and pending confirmations. The store gets
//! only the SHA-256 of a credential, and its content sealed.

use crate::{
    clock::Clock,
    random::Random,
    seal::{Keyring, Purpose},
    store::{Claim, ClaimOutcome, Grant, GrantHash, GrantKind, Store, StoreError},
};
use chrono::{DateTime, TimeDelta, Utc};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Issues and takes the grants of this app. Cloning is cheap.
#[derive(Clone)]
pub struct Grants {
    store: Arc<dyn Store>,
    keyring: Keyring,
    clock: Clock,
    random: Random,
}

/// A grant that was issued.
#[derive(Debug)]
pub struct IssuedGrant {
    /// The kind of the grant.
    pub kind: GrantKind,
    /// The audience that may use the grant.
    pub audience: String,
    /// When the grant expires.
    pub expires_at: DateTime<Utc>,
    /// The content of the grant; `None` if the content was sealed with a secret that is no longer configured.
    pub about: Option<Vec<u8>>,
}

impl Grants {
    pub(crate) fn new(store: Arc<dyn Store>, keyring: Keyring, clock: Clock, random: Random) -> Self {
        Self { store, keyring, clock, random }
    }

    /// Issues a grant with the content `about`, and returns its token: 256 random bits. `state_hash` is the
    /// SHA-256 of the value that must be presented with the token.
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

    /// Returns a grant without taking it, even if the grant has expired.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn load(&self, token: &str) -> Result<Option<IssuedGrant>, StoreError> {
        let hash = hash_of(token);
        let Some(grant) = self.store.load_grant(&hash).await? else { return Ok(None) };
        let Grant { kind, audience, expires_at, sealed, .. } = grant;
        Ok(Some(IssuedGrant { kind, audience, expires_at, about: self.open(&hash, &sealed) }))
    }

    /// Takes a grant, once, if the claim matches. [`ClaimOutcome::Granted`] then contains the opened content.
    /// A grant that was sealed with a secret that is no longer configured counts as unknown.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn take(&self, token: &str, claim: Claim<'_>) -> Result<ClaimOutcome, StoreError> {
        let hash = hash_of(token);
        Ok(match self.store.take_grant(&hash, claim, self.clock.now()).await? {
            ClaimOutcome::Granted(sealed) => {
                self.open(&hash, &sealed).map_or(ClaimOutcome::Unknown, ClaimOutcome::Granted)
            }
            refused => refused,
        })
    }

    fn open(&self, hash: &GrantHash, sealed: &[u8]) -> Option<Vec<u8>> {
        self.keyring.open(Purpose::Grant, hash, sealed).ok()
    }
}

/// Returns the SHA-256 of a text. A store keeps only this hash of a token or a `state`.
#[must_use]
pub fn hash_of(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}
