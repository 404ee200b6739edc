//! PostgreSQL: for replicas on several machines.

mod bus;
mod flows;
mod grants;
mod outbox;
mod rows;
mod sessions;
mod tombs;

use super::{StoreError, migrations};
use crate::events::Listeners;
use futures::future::AbortHandle;
use sqlx::{
    Connection, PgConnection,
    postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions},
};
use std::{str::FromStr, sync::Arc, time::Duration};

/// How long a call waits for a connection, and how long opening one may take, before the store counts
/// as lost.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long two replicas that start at once may wait for each other's migration.
const MIGRATE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a statement may take before the server gives it up: a call should fail, not hang. Below the
/// limit of the whole call.
const STATEMENT_TIMEOUT: &str = "4s";
/// Connections of one process, the bus included.
const MAX_CONNECTIONS: u32 = 10;

/// Sessions and flows in a PostgreSQL database.
#[derive(Clone, Debug)]
pub struct PostgresStore {
    pool: PgPool,
    listeners: Listeners,
    /// Listens to the bus as long as a handle to this store exists.
    _bus: Arc<AbortOnDrop>,
}

#[derive(Debug)]
struct AbortOnDrop(AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl PostgresStore {
    /// Connects and brings the schema up to date; replicas may do so at once.
    ///
    /// # Errors
    /// When the server does not answer, refuses us, or its schema is newer than ours.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = PgConnectOptions::from_str(url)?.application_name("auth");
        // One connection by hand first: a pool would try again and again and then say no more than that
        // it timed out.
        let connecting = PgConnection::connect_with(&options);
        let mut connection = tokio::time::timeout(CONNECT_TIMEOUT, connecting)
            .await
            .map_err(|_| StoreError("the server does not answer".into()))??;
        // sqlx takes an advisory lock around it: of replicas that start at once, one migrates.
        let migrating = async { migrations::postgres().run(&mut connection).await };
        tokio::time::timeout(MIGRATE_TIMEOUT, migrating)
            .await
            .map_err(|_| StoreError("another process has been migrating the schema for a minute".into()))?
            .map_err(|error| StoreError(error.to_string()))?;
        connection.close().await?;

        let pool = PgPoolOptions::new()
            .max_connections(MAX_CONNECTIONS)
            .acquire_timeout(CONNECT_TIMEOUT)
            .connect_with(options.options([("statement_timeout", STATEMENT_TIMEOUT)]))
            .await?;
        let listeners = Listeners::default();
        let mut listener = PgListener::connect_with(&pool).await?;
        listener.listen(bus::CHANNEL).await?;
        let (bus, abort) = futures::future::abortable(bus::listen(pool.clone(), listener, listeners.clone()));
        tokio::spawn(bus);
        Ok(Self { pool, listeners, _bus: Arc::new(AbortOnDrop(abort)) })
    }
}
