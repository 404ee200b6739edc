//! Grants in memory.

use super::MemoryStore;
use crate::{Claim, ClaimOutcome, Grant, GrantHash, GrantStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl GrantStore for MemoryStore {
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, _: DateTime<Utc>) -> Result<(), StoreError> {
        self.state().grants.insert(*hash, grant.clone());
        Ok(())
    }

    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<ClaimOutcome, StoreError> {
        let mut state = self.state();
        let fits = |grant: &Grant| {
            grant.kind == claim.kind
                && grant.audience == claim.audience
                && grant.state_hash == claim.state_hash
                && grant.expires_at > now
        };
        match state.grants.get(hash).is_some_and(fits).then(|| state.grants.remove(hash)).flatten() {
            Some(grant) => Ok(ClaimOutcome::Granted(grant.sealed)),
            None => Ok(claim.mismatch(state.grants.get(hash), now)),
        }
    }

    async fn load_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError> {
        Ok(self.state().grants.get(hash).cloned())
    }
}
