//! The Redis store: fast, for replicas on several machines.
//!
//! Every conditional change is one Lua script, which Redis runs atomically. The caller passes the time.
//!
//! Redis' own clock serves key expiry only, as a fallback for when no process sweeps. A session's key gets a
//! time to live, from the moment of the call to a day after the session's end. So the key never expires
//! early, even if the caller's clock is wrong.
//!
//! Scripts use keys that they find in an index. So this store needs one Redis server, optionally with
//! replicas and Sentinel; Redis Cluster does not work.
//!
//! Run Redis with `appendonly yes`: its settings decide whether acknowledged writes survive a crash.

mod bus;
mod flows;
mod grants;
mod inspect;
mod keys;
mod origins;
mod outbox;
mod rows;
mod scripts;
mod sessions;

pub(crate) use inspect::inspect;

use crate::{Listeners, StoreError, time_limit::with_timeout};
use ::redis::{
    Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use futures::future::AbortHandle;
use keys::Keys;
use std::{sync::Arc, time::Duration};

/// The timeout of a connection attempt and of each command. After a timeout, the store counts as unavailable.
const TIMEOUT: Duration = Duration::from_secs(3);
/// The prefix of every key and of the bus channel.
const PREFIX: &str = "auth";

/// A store in Redis.
#[derive(Clone)]
pub struct RedisStore {
    /// One connection that many calls share. It reconnects automatically.
    connection: ConnectionManager,
    keys: Arc<Keys>,
    channel: Arc<str>,
    listeners: Listeners,
    /// Listens to the bus while a handle to this store exists.
    _bus: Arc<AbortOnDrop>,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl RedisStore {
    /// Connects. Redis needs no migrations.
    ///
    /// # Errors
    /// If the server does not answer, or refuses the connection.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with_prefix(url, PREFIX).await
    }

    /// Connects with another prefix. Stores with different prefixes share no data and no events.
    pub(super) async fn open_with_prefix(url: &str, prefix: &str) -> Result<Self, StoreError> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            // A call fails fast, and the next call reconnects: a 503 is better than a page that hangs.
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(500))
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let connection = tokio::time::timeout(TIMEOUT * 2, client.get_connection_manager_with_config(config))
            .await
            .map_err(|_| StoreError("the server does not answer".into()))??;
        // Channels, unlike keys, do not belong to a numbered database, so the name has its number.
        let database = client.get_connection_info().redis_settings().db();
        let channel: Arc<str> = format!("{prefix}:{database}:events").into();
        let listeners = Listeners::default();
        let first = bus::connect(&client, &channel).await?;
        let listening = bus::listen(client, channel.clone(), first, listeners.clone());
        let (bus, abort) = futures::future::abortable(listening);
        tokio::spawn(bus);
        let keys = Arc::new(Keys::new(prefix));
        Ok(Self { connection, keys, channel, listeners, _bus: Arc::new(AbortOnDrop(abort)) })
    }
}

/// Runs a call to Redis within the time limit.
async fn ask<T>(call: impl Future<Output = RedisResult<T>> + Send) -> Result<T, StoreError> {
    with_timeout(async { Ok(call.await?) }).await
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}
