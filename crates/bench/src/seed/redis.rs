//! Fills Redis with the store's `create`, many requests at a time over one connection.

use super::Seed;
use crate::problem::Problem;
use auth::store;
use futures::{StreamExt, TryStreamExt, stream};

/// Number of concurrent requests.
const AT_ONCE: usize = 256;

pub(super) async fn fill(url: &str, seeds: impl Iterator<Item = Seed>) -> Result<(), Problem> {
    let seeding = |error: &dyn std::fmt::Display| Problem::Seeding(error.to_string());
    let store = store::open(url).await.map_err(|error| seeding(&error))?;
    stream::iter(seeds)
        .map(|seed| {
            let store = store.clone();
            async move { store.create(&seed.key, &seed.record, seed.record.created_at).await }
        })
        .buffer_unordered(AT_ONCE)
        .try_for_each(async |()| Ok(()))
        .await
        .map_err(|error| seeding(&error))
}
