//! SQLite: one file, shared safely by several processes (write-ahead log).

mod bus;
mod private;

use crate::{
    BusMessage, Listeners, SessionEvent, StoreError, migrations,
    sql::{Database, Dialect, Name, SqlStore, Transaction, Value, sqlx_database},
};
use async_trait::async_trait;
use sqlx::{
    Sqlite,
    sqlite::{
        SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions, SqliteRow, SqliteSynchronous,
    },
};
use std::{str::FromStr, sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// How long a write waits for another process's write: below the limit of the whole call, so that it is
/// SQLite that says no.
const BUSY_TIMEOUT: Duration = Duration::from_secs(4);

/// How long to wait before opening again a file that another process is just making.
const OPEN_RETRY: Duration = Duration::from_millis(20);
/// SQLite's primary code for "locked by somebody else"; the finer codes carry it in their low byte.
const SQLITE_BUSY: u32 = 5;

/// A store in a SQLite file.
pub type SqliteStore = SqlStore<SqliteDatabase>;

const DIALECT: Dialect = Dialect {
    value: "?",
    user: "user",
    greatest: "max(",
    least: "min(",
    // There is one writer at a time.
    skip_locked: "",
};

/// The file.
#[derive(Clone, Debug)]
pub struct SqliteDatabase {
    /// One connection: SQLite has one writer at a time, and a queue here beats busy-waiting there.
    write: SqlitePool,
    /// Readers never wait for the writer.
    read: SqlitePool,
    listeners: Listeners,
    /// Reads the bus as long as a handle to this store exists.
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
    /// Opens (or makes) the file and brings its schema up to date; two processes may do so at once.
    ///
    /// # Errors
    /// When the folder is not writable, the file is no database, or the schema is newer than ours.
    pub async fn open(url: &str) -> Result<Self, StoreError> {
        let options = SqliteConnectOptions::from_str(url)?
            .create_if_missing(true)
            .journal_mode(SqliteJournalMode::Wal)
            // FULL: what we acknowledged is on the disk, so nothing that ended comes back.
            .synchronous(SqliteSynchronous::Full)
            .busy_timeout(BUSY_TIMEOUT);
        private::make(options.get_filename());
        let write = connect_writer(&options).await?;
        // The write lock around all of it: of two processes that start at once, one migrates.
        let mut alone = write.begin_with("BEGIN IMMEDIATE").await?;
        let migrated = migrations::sqlite().run(&mut *alone).await;
        migrated.map_err(|error| StoreError(error.to_string()))?;
        alone.commit().await?;
        private::keep(options.get_filename());
        let read = SqlitePoolOptions::new()
            .max_connections(4)
            .acquire_timeout(BUSY_TIMEOUT)
            // A file does not hang up. Connections are tested when they come back, and that is enough.
            .test_before_acquire(false)
            .connect_with(options.clone().read_only(true).create_if_missing(false))
            .await?;
        let listeners = Listeners::default();
        let read_only = options.read_only(true).create_if_missing(false);
        let bus = tokio::spawn(bus::listen(read_only, listeners.clone()));
        let bus = Arc::new(AbortOnDrop(bus.abort_handle()));
        Ok(Self(SqliteDatabase { write, read, listeners, _bus: bus }))
    }

    /// Closes the file; every call from now on fails.
    pub async fn close(&self) {
        self.0.write.close().await;
        self.0.read.close().await;
    }
}

/// Connects, which makes a new file a write-ahead log. SQLite does not wait when two processes do that
/// at the same moment, so the later one tries again.
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

    /// The transaction has the only write lock.
    async fn share(&mut self, _: &[Name<'_>]) -> Result<(), StoreError> {
        Ok(())
    }

    async fn lock(&mut self, _: Name<'_>) -> Result<(), StoreError> {
        Ok(())
    }

    async fn commit(self) -> Result<(), StoreError> {
        Ok(Self::commit(self).await?)
    }
}
