//! The origins of an app whose registration is a pattern, as for preview deployments.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Remembers at which origins of an app users have signed in, so that these origins can be told of a logout.
#[async_trait]
pub trait OriginStore: Send + Sync + 'static {
    /// Remembers an origin until `until`, or until the later time if it is known. Returns `false` if the app has `most`
    /// other origins at `now`; then nothing changes.
    async fn remember_origin(
        &self,
        app: &str,
        origin: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
        most: usize,
    ) -> Result<bool, StoreError>;

    /// Returns the remembered origins of an app, sorted.
    async fn origins_of(&self, app: &str, now: DateTime<Utc>) -> Result<Vec<String>, StoreError>;
}
