//! A time limit for every call to a store.
//!
//! A server that hangs, or a network that drops packets, gives no answer. Each store limits how long it
//! connects and waits. The limit here covers the whole call, so that a visitor gets a 503 within seconds.
//! After this error, a change may still be applied.

use crate::StoreError;
use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// How long a call may take. Longer than the stores' own limits, whose errors are more precise.
const LIMIT: Duration = Duration::from_secs(5);

/// Runs a call, and returns an error if the call takes too long.
pub(crate) async fn with_timeout<T, E: From<StoreError>>(
    call: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, E> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let problem = format!("no answer within {} seconds", LIMIT.as_secs());
        Err(StoreError(problem).into())
    })
}
