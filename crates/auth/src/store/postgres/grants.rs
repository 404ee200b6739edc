//! What is handed out for seconds or minutes.

use super::PostgresStore;
use crate::store::{Claim, Grant, GrantHash, GrantStore, StoreError, Taken};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::Row;

#[async_trait]
impl GrantStore for PostgresStore {
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, _: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query(
            "INSERT INTO grants (hash, kind, audience, state_hash, sealed, expires_at)
             VALUES ($1, $2, $3, $4, $5, $6)",
        )
        .bind(hash.as_slice())
        .bind(grant.kind.as_str())
        .bind(&grant.audience)
        .bind(grant.state_hash.as_slice())
        .bind(&grant.sealed)
        .bind(grant.expires_at.timestamp_millis())
        .execute(&self.pool)
        .await?;
        Ok(())
    }

    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<Taken, StoreError> {
        let taken = sqlx::query(
            "DELETE FROM grants WHERE hash = $1 AND kind = $2 AND audience = $3 AND state_hash = $4
               AND expires_at > $5 RETURNING sealed",
        )
        .bind(hash.as_slice())
        .bind(claim.kind.as_str())
        .bind(claim.audience)
        .bind(claim.state_hash.as_slice())
        .bind(now.timestamp_millis())
        .fetch_optional(&self.pool)
        .await?;
        match taken {
            Some(row) => Ok(Taken::Granted(row.try_get("sealed")?)),
            None => Ok(claim.refusal(self.look_at_grant(hash).await?.as_ref(), now)),
        }
    }

    async fn look_at_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError> {
        let row =
            sqlx::query("SELECT kind, audience, state_hash, sealed, expires_at FROM grants WHERE hash = $1")
                .bind(hash.as_slice())
                .fetch_optional(&self.pool)
                .await?;
        row.map(|row| {
            let kind: String = row.try_get("kind")?;
            let (audience, state_hash) = (row.try_get("audience")?, row.try_get("state_hash")?);
            Grant::from_row(&kind, audience, state_hash, row.try_get("sealed")?, row.try_get("expires_at")?)
        })
        .transpose()
    }
}
