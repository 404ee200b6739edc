//! The code that SQLite and PostgreSQL share: one list of statements, rendered in each database's dialect.

mod flows;
mod grants;
mod origins;
mod outbox;
mod rows;
mod sessions;

use crate::{BusMessage, EventBus, SessionEvent, StoreError, TombstoneKey};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use tokio::sync::broadcast;

/// A store in an SQL database.
#[derive(Clone, Debug)]
pub struct SqlStore<D>(pub(crate) D);

/// A parameter of a statement.
#[derive(Clone, Copy, Debug)]
pub enum Value<'a> {
    /// A number, or a time in milliseconds since the epoch.
    Int(Option<i64>),
    /// Text.
    Text(Option<&'a str>),
    /// Bytes.
    Bytes(&'a [u8]),
}

/// A row that a statement returned.
pub trait SqlRow {
    /// Returns a number.
    ///
    /// # Errors
    /// If the column does not exist or has another type.
    fn int(&self, column: &str) -> Result<Option<i64>, StoreError>;
    /// Returns text.
    ///
    /// # Errors
    /// If the column does not exist or has another type.
    fn text(&self, column: &str) -> Result<Option<String>, StoreError>;
    /// Returns bytes.
    ///
    /// # Errors
    /// If the column does not exist or has another type.
    fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>, StoreError>;
}

/// A database. Statements number their parameters `?1`, `?2`, …, and use `greatest`, `least` and the
/// placeholders in braces that [`Dialect`] replaces.
#[async_trait]
pub trait Database: Send + Sync + 'static {
    /// The row type.
    type Row: SqlRow + Send;
    /// The transaction type.
    type Transaction: Transaction<Row = Self::Row>;

    /// Runs a write statement, and returns the number of changed rows.
    async fn execute(&self, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError>;

    /// Runs a write statement, and returns its rows.
    async fn change(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Self::Row>, StoreError>;

    /// Runs a read-only statement, and returns its rows.
    async fn read(&self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Self::Row>, StoreError>;

    /// Begins a write transaction.
    async fn begin(&self) -> Result<Self::Transaction, StoreError>;

    /// Called after a sweep: removes from the files what the sweep and the ended sessions have left there. Best effort.
    async fn after_sweep(&self) {}

    /// Sends an event to every process on this database.
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError>;

    /// Subscribes to events from now on.
    fn subscribe(&self) -> broadcast::Receiver<BusMessage>;
}

/// A transaction, rolled back unless committed.
#[async_trait]
pub trait Transaction: Send {
    /// The row type.
    type Row: SqlRow + Send;

    /// Runs a write statement, like [`Database::execute`].
    async fn execute(&mut self, statement: &str, values: &[Value<'_>]) -> Result<u64, StoreError>;

    /// Runs a write statement, like [`Database::change`].
    async fn change(&mut self, statement: &str, values: &[Value<'_>]) -> Result<Vec<Self::Row>, StoreError>;

    /// Blocks new tombstones with these names until the transaction ends.
    async fn lock_shared(&mut self, names: &[TombstoneName<'_>]) -> Result<(), StoreError>;

    /// Blocks sign-ins that a tombstone with this name could refuse, until the transaction ends.
    async fn lock_exclusive(&mut self, name: TombstoneName<'_>) -> Result<(), StoreError>;

    /// Commits the transaction.
    async fn commit(self) -> Result<(), StoreError>;
}

/// The name of a tombstone.
#[derive(Clone, Copy, Debug)]
pub struct TombstoneName<'a> {
    /// The provider's `iss`.
    pub issuer: &'a str,
    /// The kind of tombstone: `sid`, `sub` or `browser`.
    pub kind: &'a str,
    /// The value within this kind.
    pub value: &'a str,
}

/// The SQL that differs between the databases.
pub(crate) struct Dialect {
    /// The prefix of a parameter's number.
    pub(crate) value: &'static str,
    /// The column with the user.
    pub(crate) user: &'static str,
    /// The functions for the larger and the smaller of two numbers.
    pub(crate) greatest: &'static str,
    pub(crate) least: &'static str,
    /// The clause that skips rows locked by other transactions.
    pub(crate) skip_locked: &'static str,
}

impl Dialect {
    pub(crate) fn render(&self, statement: &str) -> String {
        statement
            .replace('?', self.value)
            .replace("{user}", self.user)
            .replace("greatest(", self.greatest)
            .replace("least(", self.least)
            .replace("{skip locked}", self.skip_locked)
    }
}

impl From<DateTime<Utc>> for Value<'_> {
    fn from(at: DateTime<Utc>) -> Self {
        Self::Int(Some(at.timestamp_millis()))
    }
}

impl From<Option<DateTime<Utc>>> for Value<'_> {
    fn from(at: Option<DateTime<Utc>>) -> Self {
        Self::Int(at.map(|at| at.timestamp_millis()))
    }
}

impl<'a> From<&'a str> for Value<'a> {
    fn from(text: &'a str) -> Self {
        Self::Text(Some(text))
    }
}

impl<'a> From<Option<&'a str>> for Value<'a> {
    fn from(text: Option<&'a str>) -> Self {
        Self::Text(text)
    }
}

impl<'a> From<&'a [u8]> for Value<'a> {
    fn from(bytes: &'a [u8]) -> Self {
        Self::Bytes(bytes)
    }
}

impl TombstoneKey {
    fn name<'a>(&'a self, issuer: &'a str) -> TombstoneName<'a> {
        TombstoneName { issuer, kind: self.kind, value: &self.value }
    }
}

impl From<sqlx::Error> for StoreError {
    fn from(error: sqlx::Error) -> Self {
        Self(error.to_string())
    }
}

#[async_trait]
impl<D: Database> EventBus for SqlStore<D> {
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError> {
        crate::time_limit::with_timeout(self.0.publish(event)).await
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.0.subscribe()
    }
}

/// Implements the part that needs sqlx's own types: statements and rows of one database.
macro_rules! sqlx_database {
    ($database:ty, $row:ty, $dialect:expr) => {
        fn query<'q>(
            statement: &str,
            values: &[$crate::sql::Value<'q>],
        ) -> sqlx::query::Query<'q, $database, <$database as sqlx::Database>::Arguments> {
            let mut query = sqlx::query(sqlx::AssertSqlSafe($dialect.render(statement)));
            for value in values {
                query = match *value {
                    $crate::sql::Value::Int(number) => query.bind(number),
                    $crate::sql::Value::Text(text) => query.bind(text),
                    $crate::sql::Value::Bytes(bytes) => query.bind(bytes),
                };
            }
            query
        }

        impl $crate::sql::SqlRow for $row {
            fn int(&self, column: &str) -> Result<Option<i64>, $crate::StoreError> {
                Ok(sqlx::Row::try_get(self, column)?)
            }

            fn text(&self, column: &str) -> Result<Option<String>, $crate::StoreError> {
                Ok(sqlx::Row::try_get(self, column)?)
            }

            fn bytes(&self, column: &str) -> Result<Option<Vec<u8>>, $crate::StoreError> {
                Ok(sqlx::Row::try_get(self, column)?)
            }
        }
    };
}
pub(crate) use sqlx_database;
