//! Used `state` values in SQL.

use super::{Database, SqlStore};
use crate::{SingleUseStore, StoreError, time_limit::with_timeout};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl<D: Database> SingleUseStore for SqlStore<D> {
    async fn mark_used(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        let statement =
            "INSERT INTO used_states (state_hash, expires_at) VALUES (?1, ?2) ON CONFLICT DO NOTHING";
        let values = [state_hash.as_slice().into(), expires_at.into()];
        Ok(with_timeout(self.0.execute(statement, &values)).await? > 0)
    }

    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let statement = "SELECT state_hash FROM used_states WHERE state_hash = ?1";
        Ok(!with_timeout(self.0.read(statement, &[state_hash.as_slice().into()])).await?.is_empty())
    }
}
