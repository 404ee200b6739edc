//! Grants in SQL.

use super::{Database, SqlStore, rows};
use crate::{Claim, ClaimOutcome, Grant, GrantHash, GrantStore, StoreError, time_limit::with_timeout};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl<D: Database> GrantStore for SqlStore<D> {
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, _: DateTime<Utc>) -> Result<(), StoreError> {
        let statement = "INSERT INTO grants (hash, kind, audience, state_hash, sealed, expires_at)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
        let values = [
            hash.as_slice().into(),
            grant.kind.as_str().into(),
            grant.audience.as_str().into(),
            grant.state_hash.as_slice().into(),
            grant.sealed.as_slice().into(),
            grant.expires_at.into(),
        ];
        with_timeout(self.0.execute(statement, &values)).await?;
        Ok(())
    }

    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<ClaimOutcome, StoreError> {
        let statement =
            "DELETE FROM grants WHERE hash = ?1 AND kind = ?2 AND audience = ?3 AND state_hash = ?4
               AND expires_at > ?5 RETURNING sealed";
        let values = [
            hash.as_slice().into(),
            claim.kind.as_str().into(),
            claim.audience.into(),
            claim.state_hash.as_slice().into(),
            now.into(),
        ];
        match with_timeout(self.0.change(statement, &values)).await?.first() {
            Some(row) => Ok(ClaimOutcome::Granted(rows::bytes(row, "sealed")?)),
            None => Ok(claim.mismatch(self.load_grant(hash).await?.as_ref(), now)),
        }
    }

    async fn load_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError> {
        let statement = "SELECT kind, audience, state_hash, sealed, expires_at FROM grants WHERE hash = ?1";
        let found = with_timeout(self.0.read(statement, &[hash.as_slice().into()])).await?;
        let grant = |row| {
            Grant::from_row(
                &rows::text(row, "kind")?,
                rows::text(row, "audience")?,
                rows::bytes(row, "state_hash")?,
                rows::bytes(row, "sealed")?,
                rows::time(row, "expires_at")?.timestamp_millis(),
            )
        };
        found.first().map(grant).transpose()
    }
}
