//! The PostgreSQL store: for replicas on several machines.

mod bus;
mod inspect;

pub(crate) use inspect::inspect;

use crate::{
    BusMessage, Listeners, SessionEvent, StoreError, migrations,
    schema::{self, Applied, AtOpen, Migrated, OpenError, SchemaState, migration_failed},
    sql::{Database, Dialect, SqlStore, TombstoneName, Transaction, Value, sqlx_database},
};
use async_trait::async_trait;
use futures::future::AbortHandle;
use sha2::{Digest, Sha256};
use sqlx::{
    Connection, PgConnection, Postgres,
    migrate::Migrator,
    postgres::{PgConnectOptions, PgListener, PgPool, PgPoolOptions, PgRow},
};
use std::{str::FromStr, sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// How long a call waits for a connection, and how long connecting may take, before the store counts as
/// unavailable.
const CONNECT_TIMEOUT: Duration = Duration::from_secs(3);
/// How long a replica waits for another replica's migration.
const MIGRATE_TIMEOUT: Duration = Duration::from_secs(60);
/// How long a statement may take before the server cancels it, so that a call fails and does not hang. Below
/// the limit of the whole call.
const STATEMENT_TIMEOUT: &str = "4s";
/// How many connections one process has at most, including the bus.
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

/// The PostgreSQL database.
#[derive(Clone, Debug)]
pub struct PostgresDatabase {
    pool: PgPool,
    listeners: Listeners,
    /// Listens to the bus while a handle to this store exists.
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
    /// Connects and brings the schema up to date. Several replicas may do so at once. With a schema that is up to date,
    /// the user needs no rights to change it.
    ///
    /// # Errors
    /// If the server does not answer or refuses the connection, or a later program has removed from the schema what
    /// this one needs.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self::open_with(url, AtOpen::Migrate, &migrations::postgres()).await?)
    }

    pub(crate) async fn open_with(
        url: &str,
        at_open: AtOpen,
        migrator: &Migrator,
    ) -> Result<Self, OpenError> {
        let options = connect_options(url)?;
        let mut connection = connect(&options).await?;
        prepare_schema(&mut connection, at_open, migrator).await?;
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

/// Brings the schema up to date.
pub(crate) async fn migrate(url: &str, migrator: &Migrator) -> Result<Migrated, OpenError> {
    let mut connection = connect(&connect_options(url)?).await?;
    let migrated = prepare_schema(&mut connection, AtOpen::Migrate, migrator).await?;
    connection.close().await?;
    Ok(migrated)
}

fn connect_options(url: &str) -> Result<PgConnectOptions, StoreError> {
    Ok(PgConnectOptions::from_str(url)?.application_name("auth"))
}

/// Connects once without a pool: a pool would retry, and then report only a timeout.
async fn connect(options: &PgConnectOptions) -> Result<PgConnection, StoreError> {
    let connecting = tokio::time::timeout(CONNECT_TIMEOUT, PgConnection::connect_with(options));
    Ok(connecting.await.map_err(|_| StoreError("the server does not answer".into()))??)
}

/// Makes sure that this program works with the schema.
async fn prepare_schema(
    connection: &mut PgConnection,
    at_open: AtOpen,
    migrator: &Migrator,
) -> Result<Migrated, OpenError> {
    let before = SchemaState::of(&applied(connection).await?, migrator);
    let mut after = before;
    if at_open == AtOpen::Migrate && matches!(before, SchemaState::Older { .. }) {
        // sqlx takes an advisory lock: if several replicas start at once, only one migrates.
        tokio::time::timeout(MIGRATE_TIMEOUT, migrator.run(&mut *connection))
            .await
            .map_err(|_| StoreError("another process has been migrating the schema for a minute".into()))?
            .map_err(|error| migration_failed(&error))?;
        after = SchemaState::of(&applied(connection).await?, migrator);
    }
    after.check().map_err(OpenError::Schema)?;
    Ok(Migrated::between(before, after))
}

/// The migrations that the database has.
async fn applied(connection: &mut PgConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let is_listed: bool =
        sqlx::query_scalar(schema::IS_LISTED_IN_POSTGRES).fetch_one(&mut *connection).await?;
    if is_listed { sqlx::query_as(schema::APPLIED).fetch_all(connection).await } else { Ok(Vec::new()) }
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

/// A logout takes the exclusive advisory lock of its tombstone's name. A sign-in shares the locks of all
/// tombstones that could refuse the sign-in. If the sign-in comes first, the logout sees the new session and
/// ends it. If the logout comes first, the sign-in sees the tombstone. The locks end with their transactions.
#[async_trait]
impl Transaction for sqlx::Transaction<'static, Postgres> {
    type Row = PgRow;

    async fn execute(&mut self, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        Ok(query(statement, values).execute(&mut **self).await?.rows_affected())
    }

    async fn change(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<PgRow>, StoreError> {
        Ok(query(statement, values).fetch_all(&mut **self).await?)
    }

    /// Runs as a separate statement, so that the next statement sees what a logout committed in the meantime.
    async fn lock_shared(&mut self, names: &[TombstoneName<'_>]) -> Result<(), StoreError> {
        let locks: Vec<i64> = names.iter().map(advisory_lock_id).collect();
        sqlx::query("SELECT pg_advisory_xact_lock_shared(lock) FROM unnest($1::bigint[]) AS lock")
            .bind(locks)
            .execute(&mut **self)
            .await?;
        Ok(())
    }

    async fn lock_exclusive(&mut self, name: TombstoneName<'_>) -> Result<(), StoreError> {
        sqlx::query("SELECT pg_advisory_xact_lock($1)")
            .bind(advisory_lock_id(&name))
            .execute(&mut **self)
            .await?;
        Ok(())
    }

    async fn commit(self) -> Result<(), StoreError> {
        Ok(Self::commit(self).await?)
    }
}

/// Returns the id of the advisory lock for a tombstone. If two tombstones get the same id, their transactions
/// only wait for each other.
fn advisory_lock_id(name: &TombstoneName<'_>) -> i64 {
    let text = format!("auth {} {} {} {}", name.kind, name.issuer.len(), name.issuer, name.value);
    let hash: [u8; 32] = Sha256::digest(text).into();
    let [a, b, c, d, e, f, g, h, ..] = hash;
    i64::from_be_bytes([a, b, c, d, e, f, g, h])
}
