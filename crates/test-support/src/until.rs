//! Waiting for a condition in another task or process.

use std::time::{Duration, Instant};

/// Time-out; long enough for a slow and busy machine.
const TIMEOUT: Duration = Duration::from_secs(60);
/// Polling interval.
const POLL_INTERVAL: Duration = Duration::from_millis(20);

/// Polls `holds` until it returns true.
///
/// # Panics
/// After 60 seconds, with `what` in the message.
pub async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !holds().await {
        assert!(begun.elapsed() < TIMEOUT, "timed out: {what}");
        tokio::time::sleep(POLL_INTERVAL).await;
    }
}
