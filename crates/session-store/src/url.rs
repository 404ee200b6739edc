//! Opens the store that `SESSION_STORE_URL` names.

#[cfg(feature = "sql")]
use crate::migrations;
use crate::{
    Inspection, MemoryStore, Migrated, Store, StoreError,
    schema::{AtOpen, OpenError},
};
#[cfg(feature = "postgres")]
use crate::{PostgresStore, postgres};
#[cfg(feature = "redis")]
use crate::{RedisStore, redis};
#[cfg(feature = "sqlite")]
use crate::{SqliteStore, sqlite};
use std::{fmt, sync::Arc};
use url::Url;

/// The kinds of store, by URL scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum StoreKind {
    /// `sqlite://path`
    Sqlite,
    /// `postgres://…`
    Postgres,
    /// `redis://…`
    Redis,
    /// `memory:`
    Memory,
}

impl StoreKind {
    /// Returns the kind of store that a URL names; `None` if the URL names no supported store.
    #[must_use]
    pub fn of(url: &str) -> Option<Self> {
        if url == "memory:" {
            return Some(Self::Memory);
        }
        match url.split_once("://") {
            Some((_, "")) => None,
            Some(("sqlite", _)) => Some(Self::Sqlite),
            Some(("postgres" | "postgresql", _)) => Some(Self::Postgres),
            Some(("redis", _)) => Some(Self::Redis),
            _ => None,
        }
    }
}

impl fmt::Display for StoreKind {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Sqlite => "SQLite",
            Self::Postgres => "PostgreSQL",
            Self::Redis => "Redis",
            Self::Memory => "memory",
        })
    }
}

/// The hint for a file that does not open.
const FILE: &str = "is the folder there and writable?";
/// The hint for a server that cannot be reached.
const SERVER: &str = "is the server running, and are address, user and password correct?";

/// Opens the store that a `SESSION_STORE_URL` names and brings its schema up to date.
///
/// # Errors
/// If the URL names no supported store, the store does not open, or a later program has removed from the schema what
/// this one needs. The message shows the URL without its password.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_with(url, AtOpen::Migrate).await
}

/// Opens the store as [`open`] does, but leaves the schema as it is. So the database user needs no rights to change the
/// schema.
///
/// # Errors
/// As [`open`]; also if the schema is older than this program's.
pub async fn open_without_migrating(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    open_with(url, AtOpen::Check).await
}

async fn open_with(url: &str, at_open: AtOpen) -> Result<Arc<dyn Store>, StoreError> {
    let opened: Result<Arc<dyn Store>, OpenError> = match kind(url)? {
        StoreKind::Memory => Ok(Arc::new(MemoryStore::new())),
        #[cfg(feature = "sqlite")]
        StoreKind::Sqlite => SqliteStore::open_with(url, at_open, &migrations::sqlite()).await.map(shared),
        #[cfg(feature = "postgres")]
        StoreKind::Postgres => {
            PostgresStore::open_with(url, at_open, &migrations::postgres()).await.map(shared)
        }
        #[cfg(feature = "redis")]
        StoreKind::Redis => RedisStore::open(url).await.map(shared).map_err(OpenError::from),
        #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
        kind => return Err(not_built_in(kind)),
    };
    opened.map_err(|error| describe(url, error))
}

/// Brings the schema of a store up to date, without opening the store for use.
///
/// # Errors
/// As [`open`].
pub async fn migrate(url: &str) -> Result<Migrated, StoreError> {
    let migrated = match kind(url)? {
        kind @ (StoreKind::Memory | StoreKind::Redis) => Ok(Migrated::NoSchema(kind)),
        #[cfg(feature = "sqlite")]
        StoreKind::Sqlite => sqlite::migrate(url, &migrations::sqlite()).await,
        #[cfg(feature = "postgres")]
        StoreKind::Postgres => postgres::migrate(url, &migrations::postgres()).await,
        #[cfg(not(all(feature = "sqlite", feature = "postgres")))]
        kind => return Err(not_built_in(kind)),
    };
    migrated.map_err(|error| describe(url, error))
}

/// Looks at a store without a change: no file or table is created, and no migration runs.
///
/// # Errors
/// If the URL names no supported store, or the store does not answer. The message shows the URL without its password.
pub async fn inspect(url: &str) -> Result<Inspection, StoreError> {
    let place = redacted(url);
    let found = match kind(url)? {
        kind @ StoreKind::Memory => {
            Ok(Inspection { kind, place, schema: None, read_only: None, risks: Vec::new() })
        }
        #[cfg(feature = "sqlite")]
        StoreKind::Sqlite => sqlite::inspect(url, &migrations::sqlite()).await,
        #[cfg(feature = "postgres")]
        StoreKind::Postgres => postgres::inspect(url, place, &migrations::postgres()).await,
        #[cfg(feature = "redis")]
        StoreKind::Redis => redis::inspect(url, place).await,
        #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
        kind => return Err(not_built_in(kind)),
    };
    found.map_err(|error| describe(url, error.into()))
}

fn kind(url: &str) -> Result<StoreKind, StoreError> {
    StoreKind::of(url).ok_or_else(|| StoreError(format!("{} is not a supported store", redacted(url))))
}

#[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
fn not_built_in(kind: StoreKind) -> StoreError {
    StoreError(format!("{kind} is not built in; enable its feature of session-store"))
}

/// Describes an error in one line, without the password in the URL.
fn describe(url: &str, error: OpenError) -> StoreError {
    let hint = if StoreKind::of(url) == Some(StoreKind::Sqlite) { FILE } else { SERVER };
    let (StoreError(problem), hint) = match error {
        OpenError::Store(problem) => (problem, format!("; {hint}")),
        OpenError::Schema(problem) => (StoreError(problem), String::new()),
    };
    StoreError(format!("cannot open {}: {}{hint}", redacted(url), problem.replace('\n', " ")))
}

#[cfg(any(feature = "sqlite", feature = "postgres", feature = "redis"))]
fn shared(store: impl Store) -> Arc<dyn Store> {
    Arc::new(store)
}

/// Returns the URL for a message: without user, password and query, which may hold a password too.
fn redacted(url: &str) -> String {
    if matches!(StoreKind::of(url), Some(StoreKind::Sqlite | StoreKind::Memory)) {
        return url.to_owned();
    }
    let scheme = url.split(':').next().unwrap_or_default();
    let Ok(mut parsed) = Url::parse(url) else { return format!("{scheme}://…") };
    parsed.set_query(None);
    parsed.set_fragment(None);
    let cleared = parsed.set_password(None).and_then(|()| parsed.set_username(""));
    if cleared.is_ok() || (parsed.username().is_empty() && parsed.password().is_none()) {
        parsed.to_string()
    } else {
        format!("{scheme}://…")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_shows_where_the_store_is_and_never_a_password() {
        for (url, shown) in [
            ("sqlite://data/sessions.db", "sqlite://data/sessions.db"),
            ("postgres://me:hunter2@db.example:5432/s", "postgres://db.example:5432/s"),
            ("postgres://db.example/s?user=me&password=hunter2", "postgres://db.example/s"),
            ("redis://:hunter2@cache.example/3", "redis://cache.example/3"),
            ("redis://me:hunter2@:bad/3", "redis://…"),
        ] {
            assert_eq!(redacted(url), shown);
        }
    }

    #[tokio::test]
    async fn an_unknown_store_is_an_error_in_one_line() {
        let Err(error) = open("mysql://me:hunter2@db.example/s").await else { panic!("opened") };
        assert_eq!(error.to_string(), "session store: mysql://db.example/s is not a supported store");
    }

    #[tokio::test]
    async fn a_store_that_does_not_open_is_an_error_in_one_line_with_a_hint() {
        let Err(error) = open("sqlite:///nowhere/at/all/sessions.db").await else { panic!("opened") };
        let message = error.to_string();
        assert!(message.ends_with("is the folder there and writable?"), "{message}");
        assert!(!message.contains('\n'), "{message}");
    }

    #[tokio::test]
    async fn an_unreachable_server_is_an_error_in_one_line_without_the_password() {
        // Nothing listens on port 1.
        for url in ["postgres://me:hunter2@127.0.0.1:1/s", "redis://me:hunter2@127.0.0.1:1"] {
            let Err(error) = open(url).await else { panic!("opened") };
            let message = error.to_string();
            assert!(message.contains("127.0.0.1:1") && message.contains("refused"), "{message}");
            assert!(message.ends_with(SERVER) && !message.contains('\n'), "{message}");
            assert!(!message.contains("hunter2"), "{message}");
        }
    }
}
