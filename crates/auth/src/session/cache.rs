//! A cache of session lookups, so that most requests do not ask the store.
//!
//! The cache is safe for three reasons:
//!
//! 1. The process that ends or changes a session drops its copy before it answers the request.
//! 2. Other processes drop their copies when the bus tells them.
//! 3. If the bus fails, no copy is used for longer than `AUTH_SESSION_CACHE_AGE`.

use super::{SessionKey, SessionRecord};
use crate::events::BusMessage;
use quick_cache::sync::Cache;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// Maximum number of cached sessions. The least used are evicted.
const CAPACITY: usize = 50_000;

/// The cached sessions.
pub(super) struct SessionCache {
    entries: Cache<SessionKey, (Instant, Arc<SessionRecord>)>,
    /// Maximum age of an entry.
    max_age: Duration,
    /// Counts removals. A record that was loaded before a removal must not be cached after the removal.
    removals: Mutex<u64>,
}

/// The start of a lookup, for [`SessionCache::remember`].
#[derive(Clone, Copy)]
pub(super) struct LookupStart(u64);

impl SessionCache {
    pub(super) fn new(max_age: Duration) -> Self {
        Self { entries: Cache::new(CAPACITY), max_age, removals: Mutex::new(0) }
    }

    /// Returns the cached session, unless the entry is too old.
    pub(super) fn get(&self, key: &SessionKey) -> Option<Arc<SessionRecord>> {
        let (since, record) = self.entries.get(key)?;
        (since.elapsed() < self.max_age).then_some(record)
    }

    /// Marks the start of a lookup. Call this before the store is asked.
    pub(super) fn begin(&self) -> LookupStart {
        LookupStart(*self.removals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Caches the store's answer, unless an entry was removed since the lookup began.
    pub(super) fn remember(&self, begun: LookupStart, key: SessionKey, record: Arc<SessionRecord>) {
        let removals = self.removals.lock().unwrap_or_else(PoisonError::into_inner);
        if *removals == begun.0 {
            self.entries.insert(key, (Instant::now(), record));
        }
    }

    /// Removes a session, and invalidates the lookups under way.
    pub(super) fn forget(&self, key: &SessionKey) {
        *self.removals.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.entries.remove(key);
    }

    fn forget_all(&self) {
        *self.removals.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.entries.clear();
    }

    /// Listens to the bus until the bus closes.
    pub(super) async fn listen(self: Arc<Self>, mut bus: Receiver<BusMessage>) {
        loop {
            match bus.recv().await {
                Ok(BusMessage::Event(event)) => event.key().iter().for_each(|key| self.forget(key)),
                Ok(BusMessage::Lagged) | Err(RecvError::Lagged(_)) => self.forget_all(),
                Err(RecvError::Closed) => return,
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{events::SessionEvent, session::User};
    use chrono::DateTime;

    /// A record with arbitrary values.
    fn sample_record() -> SessionRecord {
        let at = DateTime::UNIX_EPOCH;
        SessionRecord {
            public_id: "public".into(),
            user: User::default(),
            provider: "demo".into(),
            issuer: "https://op.example".into(),
            subject: "alice".into(),
            sid: None,
            issued_at: at,
            begun_at: at,
            browser: None,
            created_at: at,
            last_seen_at: at,
            expires_at: at,
            checked_at: at,
            absolute_expires_at: at,
            data: "{}".into(),
            sealed_tokens: Vec::new(),
            tokens_expire_at: None,
            user_agent: None,
        }
    }

    const HOUR: Duration = Duration::from_secs(3600);

    fn key(byte: u8) -> SessionKey {
        SessionKey::from_bytes([byte; 32])
    }

    #[test]
    fn a_session_is_cached_until_it_is_forgotten() {
        let cache = SessionCache::new(HOUR);
        cache.remember(cache.begin(), key(1), Arc::new(sample_record()));
        assert!(cache.get(&key(1)).is_some());
        assert!(cache.get(&key(2)).is_none());
        cache.forget(&key(1));
        assert!(cache.get(&key(1)).is_none());
    }

    #[test]
    fn an_entry_that_is_too_old_is_not_used() {
        let cache = SessionCache::new(Duration::ZERO);
        cache.remember(cache.begin(), key(1), Arc::new(sample_record()));
        assert!(cache.get(&key(1)).is_none());
    }

    #[test]
    fn a_lookup_that_began_before_a_removal_is_not_cached() {
        let cache = SessionCache::new(HOUR);
        let begun = cache.begin();
        cache.forget(&key(1));
        cache.remember(begun, key(1), Arc::new(sample_record()));
        assert!(cache.get(&key(1)).is_none());
    }

    #[tokio::test]
    async fn an_event_removes_one_session_and_a_gap_removes_all() {
        let cache = Arc::new(SessionCache::new(HOUR));
        for byte in 1..=3 {
            cache.remember(cache.begin(), key(byte), Arc::new(sample_record()));
        }
        let listeners = crate::events::Listeners::default();
        let bus = listeners.subscribe();
        listeners.publish(BusMessage::Event(SessionEvent::Changed(key(1))));
        drop(listeners);
        cache.clone().listen(bus).await;
        assert!(cache.get(&key(1)).is_none() && cache.get(&key(2)).is_some());
        let listeners = crate::events::Listeners::default();
        let bus = listeners.subscribe();
        listeners.publish(BusMessage::Lagged);
        drop(listeners);
        cache.clone().listen(bus).await;
        assert!(cache.get(&key(2)).is_none() && cache.get(&key(3)).is_none());
    }
}
