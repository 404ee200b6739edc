//! Origins in Redis.

use super::{RedisStore, ask, scripts};
use crate::{OriginStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl OriginStore for RedisStore {
    async fn remember_origin(
        &self,
        app: &str,
        origin: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
        most: usize,
    ) -> Result<bool, StoreError> {
        let mut connection = self.connection.clone();
        let mut script = scripts::ORIGIN_REMEMBER.key(self.keys.origins(app));
        script.arg(origin).arg(until.timestamp_millis()).arg(now.timestamp_millis()).arg(most);
        ask(script.invoke_async(&mut connection)).await
    }

    async fn origins_of(&self, app: &str, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
        let mut connection = self.connection.clone();
        let mut command = ::redis::cmd("ZRANGEBYSCORE");
        command.arg(self.keys.origins(app)).arg(format!("({}", now.timestamp_millis())).arg("+inf");
        let mut found: Vec<String> = ask(command.query_async(&mut connection)).await?;
        found.sort();
        Ok(found)
    }
}
