//! The `state`s that were used.

use super::SqliteStore;
use crate::store::{FlowStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl FlowStore for SqliteStore {
    async fn use_state(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        let first = sqlx::query(
            "INSERT INTO used_states (state_hash, expires_at) VALUES (?, ?) ON CONFLICT DO NOTHING",
        )
        .bind(state_hash.as_slice())
        .bind(expires_at.timestamp_millis())
        .execute(&self.write)
        .await?;
        Ok(first.rows_affected() > 0)
    }

    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let found = sqlx::query("SELECT 1 FROM used_states WHERE state_hash = ?")
            .bind(state_hash.as_slice())
            .fetch_optional(&self.read)
            .await?;
        Ok(found.is_some())
    }
}
