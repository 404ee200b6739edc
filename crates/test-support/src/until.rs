//! Waiting for what happens in another process.

use std::time::{Duration, Instant};

/// How long it may take: far longer than it does, for the machine may be slow and busy.
const PATIENCE: Duration = Duration::from_secs(60);
/// How often to look.
const LOOK: Duration = Duration::from_millis(20);

/// Looks again and again until it holds.
///
/// # Panics
/// With `what` after a minute.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < PATIENCE, "in vain: {what}");
        tokio::time::sleep(LOOK).await;
    }
}
