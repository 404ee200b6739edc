//! Looks at a Redis server without a change.

use super::{TIMEOUT, ask};
use crate::{Inspection, StoreError, StoreKind};
use ::redis::{AsyncConnectionConfig, Client, cmd};

/// Connects, and reads the settings that the store depends on.
///
/// # Errors
/// If the server does not answer, or refuses the connection.
pub(crate) async fn inspect(url: &str, place: String) -> Result<Inspection, StoreError> {
    let config = AsyncConnectionConfig::new()
        .set_connection_timeout(Some(TIMEOUT))
        .set_response_timeout(Some(TIMEOUT));
    let connected = Client::open(url)?.get_multiplexed_async_connection_with_config(&config).await;
    let mut connection = connected.map_err(|error| {
        if error.is_timeout() { StoreError("the server does not answer".into()) } else { error.into() }
    })?;
    ask(cmd("PING").query_async::<()>(&mut connection)).await?;
    // A user without the right to INFO still has a store.
    let info = ask(cmd("INFO").query_async::<String>(&mut connection)).await.unwrap_or_default();
    let value = |name: &str| {
        info.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(':')).map(str::trim_end)
    };
    let is_replica = value("role") == Some("slave") && value("slave_read_only") != Some("0");
    let mut risks = Vec::new();
    if value("maxmemory_policy").is_some_and(|policy| policy != "noeviction") {
        risks.push("maxmemory-policy may evict sessions and sign-outs; set it to noeviction".to_owned());
    }
    if value("aof_enabled") == Some("0") {
        risks.push("a restart of Redis forgets sessions and sign-outs; set appendonly to yes".to_owned());
    }
    Ok(Inspection {
        kind: StoreKind::Redis,
        place,
        schema: None,
        read_only: is_replica.then(|| "the server is a replica; use the address of the primary".to_owned()),
        risks,
    })
}
