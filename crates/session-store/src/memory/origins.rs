//! Origins in memory.

use super::MemoryStore;
use crate::{OriginStore, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::BTreeMap;

/// When the memory of an origin ends, by app and origin.
pub(super) type Origins = BTreeMap<(String, String), DateTime<Utc>>;

#[async_trait]
impl OriginStore for MemoryStore {
    async fn remember_origin(
        &self,
        app: &str,
        origin: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
        most: usize,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let is_other = |((of, known), ends): &(&(String, String), &DateTime<Utc>)| {
            of == app && known != origin && **ends > now
        };
        if state.origins.iter().filter(is_other).count() >= most {
            return Ok(false);
        }
        let ends = state.origins.entry((app.to_owned(), origin.to_owned())).or_insert(until);
        *ends = until.max(*ends);
        Ok(true)
    }

    async fn origins_of(&self, app: &str, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
        let state = self.state();
        let live = state.origins.iter().filter(|((of, _), ends)| of == app && **ends > now);
        Ok(live.map(|((_, origin), _)| origin.clone()).collect())
    }
}
