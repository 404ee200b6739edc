//! Used `state` values in Redis.

use super::{RedisStore, ask, scripts};
use crate::{SingleUseStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl SingleUseStore for RedisStore {
    async fn mark_used(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        let mut connection = self.connection.clone();
        let mut script = scripts::USE_STATE.key(self.keys.state(state_hash));
        script.key(self.keys.expiry()).arg(expires_at.timestamp_millis());
        ask(script.invoke_async(&mut connection)).await
    }

    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError> {
        let mut connection = self.connection.clone();
        ask(::redis::cmd("EXISTS").arg(self.keys.state(state_hash)).query_async(&mut connection)).await
    }
}
