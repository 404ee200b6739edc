//! Origins in SQL.

use super::{Database, SqlStore, Value, rows};
use crate::{OriginStore, StoreError, time_limit::with_timeout};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl<D: Database> OriginStore for SqlStore<D> {
    async fn remember_origin(
        &self,
        app: &str,
        origin: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
        most: usize,
    ) -> Result<bool, StoreError> {
        let statement = "INSERT INTO app_origins (app, origin, expires_at) SELECT ?1, ?2, ?3
             WHERE (SELECT count(*) FROM app_origins WHERE app = ?1 AND origin <> ?2 AND expires_at > ?4) < ?5
             ON CONFLICT (app, origin)
             DO UPDATE SET expires_at = greatest(app_origins.expires_at, excluded.expires_at)";
        let most = Value::Int(Some(i64::try_from(most).unwrap_or(i64::MAX)));
        let values = [app.into(), origin.into(), until.into(), now.into(), most];
        Ok(with_timeout(self.0.execute(statement, &values)).await? > 0)
    }

    async fn origins_of(&self, app: &str, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
        let statement = "SELECT origin FROM app_origins WHERE app = ?1 AND expires_at > ?2 ORDER BY origin";
        let found = with_timeout(self.0.read(statement, &[app.into(), now.into()])).await?;
        found.iter().map(|row| rows::text(row, "origin")).collect()
    }
}
