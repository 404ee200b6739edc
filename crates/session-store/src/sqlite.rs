//! The SQLite store: one file, shared safely by several processes (write-ahead log).

mod bus;
mod inspect;
mod private;

pub(crate) use inspect::inspect;

use crate::{
    BusMessage, Listeners, SessionEvent, StoreError, migrations,
    schema::{self, Applied, AtOpen, Migrated, OpenError, SchemaState, migration_failed},
    sql::{Database, Dialect, SqlStore, TombstoneName, Transaction, Value, sqlx_database},
};
use async_trait::async_trait;
use sqlx::{
    Sqlite, SqliteConnection,
    migrate::Migrator,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};
use std::{str::FromStr, sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// How long a write waits for another process's write. Below the limit of the whole call, so that SQLite
/// reports the error.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// How long to wait before reopening a file that another process is creating.
const OPEN_RETRY: Duration = Duration::from_millis(20);
/// SQLite's primary result code for a locked database. Extended codes have the primary code in the low byte.
const SQLITE_BUSY: u32 = 5;

/// A store in a SQLite file.
pub type SqliteStore = SqlStore<SqliteDatabase>;

const DIALECT: Dialect = Dialect {
    value: "?",
    user: "user",
    greatest: "max(",
    least: "min(",
    // SQLite has one writer at a time.
    skip_locked: "",
};

/// The database file.
#[derive(Clone, Debug)]
pub struct SqliteDatabase {
    /// One connection: SQLite has one writer at a time, and a queue in the pool is better than busy-waiting.
    write: SqlitePool,
    /// Readers never wait for the writer.
    read: SqlitePool,
    listeners: Listeners,
    /// Listens to the bus while a handle to this store exists.
    _bus: Arc<AbortOnDrop>,
}

#[derive(Debug)]
struct AbortOnDrop(tokio::task::AbortHandle);

impl Drop for AbortOnDrop {
    fn drop(&mut self) {
        self.0.abort();
    }
}

impl SqliteStore {
    /// Opens or creates the file and brings its schema up to date. Several processes may do so at once.
    ///
    /// # Errors
    /// If the folder is not writable, the file is not a database, or a later program has removed from its schema what
    /// this one needs.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        Ok(Self::open_with(url, AtOpen::Migrate, &migrations::sqlite()).await?)
    }

    pub(crate) async fn open_with(
        url: &str,
        at_open: AtOpen,
        migrator: &Migrator,
    ) -> Result<Self, OpenError> {
        let options = connect_options(url)?;
        let write = open_writer(&options, at_open, migrator).await?.0;
        let options = options.create_if_missing(false);
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(BUSY_TIMEOUT)
            // A file drops no connections. The pool tests connections that are returned, which is enough.
            .test_before_acquire(false)
            .connect_with(options.clone().read_only(true))
            .await?;
        let listeners = Listeners::default();
        let bus = tokio::spawn(bus::listen(options.read_only(true), listeners.clone()));
        let bus = Arc::new(AbortOnDrop(bus.abort_handle()));
        Ok(Self(SqliteDatabase { write, read, listeners, _bus: bus }))
    }

    /// Closes the file. All later calls fail.
    pub async fn close(&self) {
        self.0.write.close().await;
        self.0.read.close().await;
    }
}

/// Brings the schema of the file up to date, and creates a missing file.
pub(crate) async fn migrate(url: &str, migrator: &Migrator) -> Result<Migrated, OpenError> {
    let (write, migrated) = open_writer(&connect_options(url)?, AtOpen::Migrate, migrator).await?;
    write.close().await;
    Ok(migrated)
}

fn connect_options(url: &str) -> Result<SqliteConnectOptions, OpenError> {
    Ok(SqliteConnectOptions::from_str(url)?
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        // FULL: acknowledged writes are on the disk, so an ended session stays ended after a crash.
        .synchronous(SqliteSynchronous::Full)
        // Overwrites in the file what an ended session forgets.
        .pragma("secure_delete", "ON")
        .busy_timeout(BUSY_TIMEOUT))
}

/// Opens the file for writing, with a schema that this program works with.
async fn open_writer(
    options: &SqliteConnectOptions,
    at_open: AtOpen,
    migrator: &Migrator,
) -> Result<(SqlitePool, Migrated), OpenError> {
    let file = options.get_filename();
    match at_open {
        AtOpen::Migrate => private::create_private(file),
        // Without its schema, an empty file would only hide the problem.
        AtOpen::Check if !file.exists() => {
            SchemaState::of(&[], migrator).check().map_err(OpenError::Schema)?;
        }
        AtOpen::Check => {}
    }
    let write = connect_writer(options).await?;
    // This transaction holds the write lock: if two processes start at once, only one migrates. A file that is not
    // writable fails here.
    let mut alone = write.begin_with("BEGIN IMMEDIATE").await?;
    let before = SchemaState::of(&applied(&mut alone).await?, migrator);
    let mut after = before;
    if at_open == AtOpen::Migrate && matches!(before, SchemaState::Older { .. }) {
        migrator.run(&mut *alone).await.map_err(|error| migration_failed(&error))?;
        after = SchemaState::of(&applied(&mut alone).await?, migrator);
    }
    alone.commit().await?;
    after.check().map_err(OpenError::Schema)?;
    private::restrict_permissions(file);
    Ok((write, Migrated::between(before, after)))
}

/// The migrations that the file has.
async fn applied(connection: &mut SqliteConnection) -> Result<Vec<Applied>, sqlx::Error> {
    let is_listed: bool = sqlx::query_scalar(schema::IS_LISTED_IN_SQLITE).fetch_one(&mut *connection).await?;
    if is_listed { sqlx::query_as(schema::APPLIED).fetch_all(connection).await } else { Ok(Vec::new()) }
}

/// Connects, and switches a new file to write-ahead logging. If two processes do so at once, SQLite does not
/// wait but fails, so the later process retries.
async fn connect_writer(options: &SqliteConnectOptions) -> Result<SqlitePool, StoreError> {
    let mut waited = Duration::ZERO;
    loop {
        let pool = SqlitePoolOptions::new().max_connections(1).acquire_timeout(BUSY_TIMEOUT);
        match pool.connect_with(options.clone()).await {
            Err(error) if is_busy(&error) && waited < BUSY_TIMEOUT => {
                tokio::time::sleep(OPEN_RETRY).await;
                waited += OPEN_RETRY;
            }
            result => return Ok(result?),
        }
    }
}

fn is_busy(error: &sqlx::Error) -> bool {
    let code = error.as_database_error().and_then(|error| error.code()?.parse::<u32>().ok());
    code.is_some_and(|code| code & 0xff == SQLITE_BUSY)
}

sqlx_database!(Sqlite, SqliteRow, DIALECT);

#[async_trait]
impl Database for SqliteDatabase {
    type Row = SqliteRow;
    type Transaction = sqlx::Transaction<'static, Sqlite>;

    async fn execute(&self, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        Ok(query(statement, values).execute(&self.write).await?.rows_affected())
    }

    async fn change(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(query(statement, values).fetch_all(&self.write).await?)
    }

    async fn read(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(query(statement, values).fetch_all(&self.read).await?)
    }

    async fn begin(&self) -> Result<Self::Transaction, StoreError> {
        Ok(self.write.begin_with("BEGIN IMMEDIATE").await?)
    }

    /// Empties the write-ahead log, which keeps old pages until they are overwritten.
    async fn after_sweep(&self) {
        let emptied = sqlx::query("PRAGMA wal_checkpoint(TRUNCATE)").execute(&self.write).await;
        if let Err(error) = emptied {
            tracing::debug!(%error, "write-ahead log not emptied");
        }
    }

    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError> {
        bus::publish(&self.write, event).await
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.listeners.subscribe()
    }
}

#[async_trait]
impl Transaction for sqlx::Transaction<'static, Sqlite> {
    type Row = SqliteRow;

    async fn execute(&mut self, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError> {
        Ok(query(statement, values).execute(&mut **self).await?.rows_affected())
    }

    async fn change(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<SqliteRow>, StoreError> {
        Ok(query(statement, values).fetch_all(&mut **self).await?)
    }

    /// Does nothing: the transaction holds the only write lock.
    async fn lock_shared(&mut self, _: &[TombstoneName<'_>]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn lock_exclusive(&mut self, _: TombstoneName<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn commit(self) -> Result<(), StoreError> {
        Ok(Self::commit(self).await?)
    }
}
