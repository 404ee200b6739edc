//! The provider's own session in a browser, kept by tower-sessions under the cookie `provider.session`.
//!
//! It holds two values: a binding, which ties open pages to the browser they were shown in, and the `sid`
//! of the signed-in session. Whether that session still lives is in [`crate::state`] alone, so a late save
//! of an old record brings nothing back.

use crate::Clock;
use crate::expiring_map::ExpiringMap;
use crate::random::Random;
use async_trait::async_trait;
use chrono::DateTime;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tower_sessions::cookie::{SameSite, time};
use tower_sessions::session::{Id, Record};
use tower_sessions::session_store::{self, SessionStore};
use tower_sessions::{Expiry, MemoryStore, Session, SessionManagerLayer};

const BINDING: &str = "browser";
const SID: &str = "sid";
/// Browsers remembered at once; the oldest goes first.
const BROWSERS: usize = 10_000;

/// The layer that reads and writes the cookie.
pub(crate) fn layer(store: Store, secure: bool, ttl: Duration) -> SessionManagerLayer<Store> {
    let ttl = time::Duration::try_from(ttl).unwrap_or(time::Duration::MAX);
    SessionManagerLayer::new(store)
        .with_name("provider.session")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(secure)
        .with_expiry(Expiry::OnInactivity(ttl))
}

/// What a handler asks of the browser in front of it.
pub(crate) struct Browser(Session);

impl Browser {
    pub(crate) fn new(session: Session) -> Self {
        Self(session)
    }

    /// This browser's binding; the first page shown gives it one.
    pub(crate) async fn bind(&self, random: &Random) -> Result<String, tower_sessions::session::Error> {
        if let Some(binding) = self.binding().await? {
            return Ok(binding);
        }
        let binding = random.token();
        self.0.insert(BINDING, &binding).await?;
        Ok(binding)
    }

    /// This browser's binding, if it has one.
    pub(crate) async fn binding(&self) -> Result<Option<String>, tower_sessions::session::Error> {
        self.0.get(BINDING).await
    }

    /// The `sid` it was last signed in with; it may have ended since.
    pub(crate) async fn sid(&self) -> Result<Option<String>, tower_sessions::session::Error> {
        self.0.get(SID).await
    }

    /// Remembers the `sid` under a new cookie: a planted one never becomes a signed-in one.
    pub(crate) async fn sign_in(&self, sid: &str) -> Result<(), tower_sessions::session::Error> {
        self.0.cycle_id().await?;
        self.0.insert(SID, sid).await
    }

    /// Forgets everything, the cookie included.
    pub(crate) async fn forget(&self) -> Result<(), tower_sessions::session::Error> {
        self.0.flush().await
    }
}

/// The library's memory store with a limit: it keeps what it is given for ever, so the oldest and the
/// expired are deleted here.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    inner: MemoryStore,
    known: Arc<Mutex<ExpiringMap<Id, ()>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { inner: MemoryStore::default(), known: Arc::new(Mutex::new(ExpiringMap::new(BROWSERS))) }
    }

    /// Remembers `id` and deletes what had to go for it.
    async fn admit(&self, record: &Record) -> session_store::Result<()> {
        let expires = DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0).unwrap_or_default();
        // The library, too, measures these records by the system's time.
        let now = Clock::System.now();
        let gone = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            known.insert_and_evict(record.id, (), expires, now)
        };
        for id in gone {
            self.inner.delete(&id).await?;
        }
        Ok(())
    }
}

#[async_trait]
impl SessionStore for Store {
    async fn create(&self, record: &mut Record) -> session_store::Result<()> {
        self.inner.create(record).await?;
        self.admit(record).await
    }

    /// Saves a record that is still there. One that was deleted meanwhile stays deleted.
    async fn save(&self, record: &Record) -> session_store::Result<()> {
        if self.inner.load(&record.id).await?.is_some() {
            self.inner.save(record).await?;
        }
        Ok(())
    }

    async fn load(&self, id: &Id) -> session_store::Result<Option<Record>> {
        self.inner.load(id).await
    }

    async fn delete(&self, id: &Id) -> session_store::Result<()> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner).remove(id);
        self.inner.delete(id).await
    }
}
