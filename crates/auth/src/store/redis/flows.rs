//! The `state`s that were used.

use super::{RedisStore, scripts};
use crate::store::{FlowStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl FlowStore for RedisStore {
    async fn use_state(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut connection = self.connection.clone();
        Ok(scripts::USE_STATE
            .key(self.keys.state(state_hash))
            .key(self.keys.expiry())
            .arg(expires_at.timestamp_millis())
            .invoke_async(&mut connection)
            .await?)
    }

    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let mut connection = self.connection.clone();
        Ok(::redis::cmd("EXISTS").arg(self.keys.state(state_hash)).query_async(&mut connection).await?)
    }
}
