//! PostgreSQL: for replicas on several machines.

mod bus;

use crate::{
    BusMessage, Listeners, SessionEvent, StoreError, migrations,
    sql::{Database, Dialect, Name, SqlStore, Transaction, Value, sqlx_database},
};
use async_trait::async_trait;
use futures::future::AbortHandle;
use sha2::{Digest, Sha256};
use sqlx::{
    Connection, PgConnection, Postgres,
    postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions, PgRow},
};
use std::{str::FromStr, sync::Arc, time::Duration};
use tokio::sync::broadcast;

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

/// A store in a PostgreSQL database.
pub type PostgresStore = SqlStore<PostgresDatabase>;

const DIALECT: Dialect = Dialect {
    value: "$",
    user: "user_info",
    greatest: "greatest(",
    least: "least(",
    skip_locked: "FOR UPDATE SKIP LOCKED",
};

/// The database.
#[derive(Clone, Debug)]
pub struct PostgresDatabase {
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
        Ok(Self(PostgresDatabase { pool, listeners, _bus: Arc::new(AbortOnDrop(abort)) }))
    }
}

sqlx_database!(Postgres, PgRow, DIALECT);

#[async_trait]
impl Database for PostgresDatabase {
    type Row = PgRow;
    type Transaction = sqlx::Transaction<'static, Postgres>;

    async fn execute(&self, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        Ok(query(statement, values).execute(&self.pool).await?.rows_affected())
    }

    async fn change(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<PgRow>, StoreError> {
        Ok(query(statement, values).fetch_all(&self.pool).await?)
    }

    async fn read(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<PgRow>, StoreError> {
        self.change(statement, values).await
    }

    async fn begin(&self) -> Result<Self::Transaction, StoreError> {
        Ok(self.pool.begin().await?)
    }

    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError> {
        bus::publish(&self.pool, event).await
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.listeners.subscribe()
    }
}

/// A logout takes the advisory lock of what it names for itself, a sign-in shares the locks of everything that could
/// name it. So a sign-in either comes first, and the logout sees its session and ends it, or it comes after and sees the
/// tombstone. Both let go with their transaction.
#[async_trait]
impl Transaction for sqlx::Transaction<'static, Postgres> {
    type Row = PgRow;

    async fn execute(&mut self, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        Ok(query(statement, values).execute(&mut **self).await?.rows_affected())
    }

    async fn change(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<PgRow>, StoreError> {
        Ok(query(statement, values).fetch_all(&mut **self).await?)
    }

    /// A statement of its own: only the next one sees what a logout committed meanwhile.
    async fn share(&mut self, names: &[Name<'_>]) -> Result<(), StoreError> {
        let locks: Vec<i64> = names.iter().map(lock_of).collect();
        sqlx::query("SELECT pg_advisory_xact_lock_shared(lock) FROM unnest($1::bigint[]) AS lock")
            .bind(locks)
            .execute(&mut **self)
            .await?;
        Ok(())
    }

    async fn lock(&mut self, name: Name<'_>) -> Result<(), StoreError> {
        sqlx::query("SELECT pg_advisory_xact_lock($1)").bind(lock_of(&name)).execute(&mut **self).await?;
        Ok(())
    }

    async fn commit(self) -> Result<(), StoreError> {
        Ok(Self::commit(self).await?)
    }
}

/// The number of the advisory lock. Two names that share one by chance wait for each other, no more.
fn lock_of(name: &Name<'_>) -> i64 {
    let text = format!("auth {} {} {} {}", name.kind, name.issuer.len(), name.issuer, name.value);
    let hash: [u8; 32] = Sha256::digest(text).into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
