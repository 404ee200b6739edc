//! The provider's session in a browser: a tower-sessions record behind the cookie `provider.session`.
//!
//! The record holds two values: a binding, which ties open pages to the browser they were shown in, and the
//! `sid` of the signed-in session. Only [`crate::state`] says whether that session is live, so a late save of
//! an old record does not revive an ended session.

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
/// Maximum number of browser records; beyond it the oldest is deleted.
const BROWSERS: usize = 40_000;

/// Creates the layer that reads and writes the cookie.
pub(crate) fn layer(store: Store, secure: bool, ttl: Duration) -> SessionManagerLayer<Store> {
    let ttl = time::Duration::try_from(ttl).unwrap_or(time::Duration::MAX);
    SessionManagerLayer::new(store)
        .with_name("provider.session")
        .with_http_only(true)
        .with_same_site(SameSite::Lax)
        .with_secure(secure)
        .with_expiry(Expiry::OnInactivity(ttl))
}

/// Browser that sent a request, with its record.
pub(crate) struct Browser(Session);

impl Browser {
    pub(crate) fn new(session: Session) -> Self {
        Self(session)
    }

    /// Returns this browser's binding, and creates the binding on first use.
    pub(crate) async fn bind(&self, random: &Random) -> Result<String, tower_sessions::session::Error> {
        if let Some(binding) = self.binding().await? {
            return Ok(binding);
        }
        let binding = random.token();
        self.0.insert(BINDING, &binding).await?;
        Ok(binding)
    }

    /// Returns this browser's binding, if there is one.
    pub(crate) async fn binding(&self) -> Result<Option<String>, tower_sessions::session::Error> {
        self.0.get(BINDING).await
    }

    /// Returns the `sid` of the last sign-in. The session may have ended since.
    pub(crate) async fn sid(&self) -> Result<Option<String>, tower_sessions::session::Error> {
        self.0.get(SID).await
    }

    /// Stores the `sid` under a new cookie value, so that a planted cookie is never signed in.
    pub(crate) async fn sign_in(&self, sid: &str) -> Result<(), tower_sessions::session::Error> {
        self.0.cycle_id().await?;
        self.0.insert(SID, sid).await
    }

    /// Deletes the record and the cookie.
    pub(crate) async fn forget(&self) -> Result<(), tower_sessions::session::Error> {
        self.0.flush().await
    }
}

/// A bounded [`MemoryStore`]. The library never deletes a record, so this store deletes expired and surplus
/// records.
#[derive(Clone, Debug)]
pub(crate) struct Store {
    inner: MemoryStore,
    known: Arc<Mutex<ExpiringMap<Id, ()>>>,
}

impl Store {
    pub(crate) fn new() -> Self {
        Self { inner: MemoryStore::default(), known: Arc::new(Mutex::new(ExpiringMap::new(BROWSERS))) }
    }

    /// Registers a new record and deletes the records that it displaces.
    async fn admit(&self, record: &Record) -> session_store::Result<()> {
        let expires = DateTime::from_timestamp(record.expiry_date.unix_timestamp(), 0).unwrap_or_default();
        // The library also compares the expiry of records with the system time.
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

    /// Saves an existing record. A deleted record stays deleted.
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
