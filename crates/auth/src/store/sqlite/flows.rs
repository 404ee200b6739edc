//! Sign-ins under way in SQLite.

use super::SqliteStore;
use crate::store::{FlowRow, FlowStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl FlowStore for SqliteStore {
    async fn put_flow(&self, row: &FlowRow, cap: u32) -> Result<(), StoreError> {
        let mut transaction = self.write.begin_with("BEGIN IMMEDIATE").await?;
        sqlx::query("INSERT INTO flows (state_hash, browser_hash, sealed, expires_at) VALUES (?, ?, ?, ?)")
            .bind(row.state_hash.as_slice())
            .bind(row.browser_hash.as_slice())
            .bind(&row.sealed)
            .bind(row.expires_at.timestamp_millis())
            .execute(&mut *transaction)
            .await?;
        sqlx::query("DELETE FROM flows WHERE seq <= (SELECT max(seq) FROM flows) - ?")
            .bind(cap)
            .execute(&mut *transaction)
            .await?;
        transaction.commit().await?;
        Ok(())
    }

    async fn take_flow(
        &self,
        state_hash: &[u8; 32],
        browser_hash: &[u8; 32],
        now: DateTime<Utc>,
    ) -> Result<Option<Vec<u8>>, StoreError> {
        let taken: Option<(Vec<u8>, i64)> = sqlx::query_as(
            "DELETE FROM flows WHERE state_hash = ? AND browser_hash = ? RETURNING sealed, expires_at",
        )
        .bind(state_hash.as_slice())
        .bind(browser_hash.as_slice())
        .fetch_optional(&self.write)
        .await?;
        Ok(taken.filter(|(_, expires_at)| *expires_at > now.timestamp_millis()).map(|(sealed, _)| sealed))
    }
}
