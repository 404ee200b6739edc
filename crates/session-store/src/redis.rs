//! Redis: for replicas on several machines, and quick.
//!
//! Every conditional change is one Lua script, which Redis runs with nothing in between. A script is told
//! the time; Redis' own clock serves key expiry only, which merely tidies up should nobody sweep: it is
//! set as a length of time, from the moment of the call to a day past the session's end, so it never comes
//! early, whatever clock the caller goes by. Scripts reach keys that they find in an index, so this is for
//! one Redis (with replicas and Sentinel if you like) and not for Redis Cluster.
//!
//! What Redis has acknowledged survives a crash of Redis as far as its own settings say: run it with
//! `appendonly yes`.

mod bus;
mod flows;
mod grants;
mod keys;
mod outbox;
mod rows;
mod scripts;
mod sessions;

use crate::{Listeners, StoreError, limited::within};
use ::redis::{
    Client, RedisError, RedisResult,
    aio::{ConnectionManager, ConnectionManagerConfig},
};
use futures::future::AbortHandle;
use keys::Keys;
use std::{sync::Arc, time::Duration};

/// How long connecting may take, and an answer, before the store counts as lost.
const TIMEOUT: Duration = Duration::from_secs(3);
/// Before every key and in the name of the bus.
const PREFIX: &str = "auth";

/// Sessions and flows in Redis.
#[derive(Clone)]
pub struct RedisStore {
    /// One connection that many calls share; it is made again by itself.
    connection: ConnectionManager,
    keys: Arc<Keys>,
    channel: Arc<str>,
    listeners: Listeners,
    /// Listens to the bus as long as a handle to this store exists.
    _bus: Arc<AbortOnDrop>,
}

struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl RedisStore {
    /// Connects; there is no schema to bring up to date.
    ///
    /// # Errors
    /// When the server does not answer or refuses us.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Self::open_with_prefix(url, PREFIX).await
    }

    /// The same with another prefix: stores with different ones do not see each other.
    pub(super) async fn open_with_prefix(url: &str, prefix: &str) -> Result<Self, StoreError> {
        let client = Client::open(url)?;
        let config = ConnectionManagerConfig::new()
            // A call fails at once and the next one tries again: a page with 503 beats one that hangs.
            .set_number_of_retries(1)
            .set_max_delay(Duration::from_millis(500))
            .set_connection_timeout(Some(TIMEOUT))
            .set_response_timeout(Some(TIMEOUT));
        let connection = tokio::time::timeout(TIMEOUT * 2, client.get_connection_manager_with_config(config))
            .await
            .map_err(|_| StoreError("the server does not answer".into()))??;
        // Channels, unlike keys, do not belong to a numbered database: its number goes into the name.
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

/// What Redis answers, if it does so in time.
async fn ask<T>(call: impl Future<Output = RedisResult<T>> + Send) -> Result<T, StoreError> {
    within(async { Ok(call.await?) }).await
}

impl From<RedisError> for StoreError {
    fn from(error: RedisError) -> Self {
        Self(error.to_string())
    }
}
