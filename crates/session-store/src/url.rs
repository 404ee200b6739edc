//! Opens the store that `SESSION_STORE_URL` names.

#[cfg(feature = "postgres")]
use crate::PostgresStore;
#[cfg(feature = "redis")]
use crate::RedisStore;
#[cfg(feature = "sqlite")]
use crate::SqliteStore;
use crate::{MemoryStore, Store, StoreError};
use std::sync::Arc;
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

/// The hint for a server that cannot be reached.
const SERVER: &str = "is the server running, and are address, user and password correct?";

/// Opens the store that a `SESSION_STORE_URL` names and brings its schema up to date.
///
/// # Errors
/// If the URL names no supported store, or the store does not open. The message shows the URL without its
/// password.
pub async fn open(url: &str) -> Result<Arc<dyn Store>, StoreError> {
    let no_such = || StoreError(format!("{} is not a supported store", redacted(url)));
    let kind = StoreKind::of(url).ok_or_else(no_such)?;
    let (opened, hint): (Result<Arc<dyn Store>, StoreError>, _) = match kind {
        StoreKind::Memory => return Ok(Arc::new(MemoryStore::new())),
        #[cfg(feature = "sqlite")]
        StoreKind::Sqlite => (SqliteStore::open(url).await.map(shared), "is the folder there and writable?"),
        #[cfg(feature = "postgres")]
        StoreKind::Postgres => (PostgresStore::open(url).await.map(shared), SERVER),
        #[cfg(feature = "redis")]
        StoreKind::Redis => (RedisStore::open(url).await.map(shared), SERVER),
        #[cfg(not(all(feature = "sqlite", feature = "postgres", feature = "redis")))]
        kind => {
            let problem = format!("{kind:?} is not built in; enable its feature of session-store");
            return Err(StoreError(problem));
        }
    };
    opened.map_err(|StoreError(problem)| {
        let problem = problem.replace('\n', " ");
        StoreError(format!("cannot open {}: {problem}; {hint}", redacted(url)))
    })
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
