//! Every call ends.
//!
//! A server that is stopped refuses; one that hangs, or a network that swallows packets, says nothing. Each store has
//! limits of its own for connecting and waiting. This one stands around each call, so that a visitor gets a 503 within
//! seconds. A change may still be carried out after that: the error says that there was no answer, not that nothing
//! happened.

use crate::StoreError;
use std::{future::Future, time::Duration};
use tokio::time::timeout;

/// How long a call may take; longer than the stores' own limits, which know better what went wrong.
const LIMIT: Duration = Duration::from_secs(5);

/// What the call says, if it says so in time.
pub(crate) async fn within<T, E: From<StoreError>>(
    call: impl Future<Output = Result<T, E>> + Send,
) -> Result<T, E> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let problem = format!("no answer within {} seconds", LIMIT.as_secs());
        Err(StoreError(problem).into())
    })
}
