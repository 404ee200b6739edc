//! Sessions this process looked up a moment ago, so that the common check asks no store.
//!
//! Safe because it is never believed for long: what ends or changes is removed before the request that
//! did it is answered; other processes hear of it over the bus; and an entry older than `AUTH_SESSION_CACHE_AGE`
//! is looked up again, so that "ended" is never older than that anywhere, bus or no bus.

use super::{SessionKey, SessionRecord};
use crate::events::BusMessage;
use quick_cache::sync::Cache;
use std::{
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};
use tokio::sync::broadcast::{Receiver, error::RecvError};

/// How many sessions are remembered; the least used give way.
const CAPACITY: usize = 50_000;

/// The sessions looked up lately.
pub(super) struct SessionCache {
    entries: Cache<SessionKey, (Instant, Arc<SessionRecord>)>,
    /// How long an entry is believed.
    max_age: Duration,
    /// Counts removals. A record that was loaded before a removal must not be put in after it.
    removals: Mutex<u64>,
}

/// When a lookup began, as [`SessionCache::remember`] wants to know it.
#[derive(Clone, Copy)]
pub(super) struct Begun(u64);

impl SessionCache {
    pub(super) fn new(max_age: Duration) -> Self {
        Self { entries: Cache::new(CAPACITY), max_age, removals: Mutex::new(0) }
    }

    /// The session, if it was looked up a moment ago.
    pub(super) fn get(&self, key: &SessionKey) -> Option<Arc<SessionRecord>> {
        let (since, record) = self.entries.get(key)?;
        (since.elapsed() < self.max_age).then_some(record)
    }

    /// To be called before the store is asked.
    pub(super) fn begin(&self) -> Begun {
        Begun(*self.removals.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Keeps what the store said, unless anything was removed since it was asked.
    pub(super) fn remember(&self, begun: Begun, key: SessionKey, record: Arc<SessionRecord>) {
        let removals = self.removals.lock().unwrap_or_else(PoisonError::into_inner);
        if *removals == begun.0 {
            self.entries.insert(key, (Instant::now(), record));
        }
    }

    /// Forgets a session, and whatever is being looked up right now.
    pub(super) fn forget(&self, key: &SessionKey) {
        *self.removals.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.entries.remove(key);
    }

    fn forget_all(&self) {
        *self.removals.lock().unwrap_or_else(PoisonError::into_inner) += 1;
        self.entries.clear();
    }

    /// Listens to the bus until it is gone.
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

    /// A record; any will do.
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
    fn what_was_looked_up_is_there_until_it_is_forgotten() {
        let cache = SessionCache::new(HOUR);
        cache.remember(cache.begin(), key(1), Arc::new(sample_record()));
        assert!(cache.get(&key(1)).is_some());
        assert!(cache.get(&key(2)).is_none());
        cache.forget(&key(1));
        assert!(cache.get(&key(1)).is_none());
    }

    #[test]
    fn what_is_too_old_is_not_believed() {
        let cache = SessionCache::new(Duration::ZERO);
        cache.remember(cache.begin(), key(1), Arc::new(sample_record()));
        assert!(cache.get(&key(1)).is_none());
    }

    #[test]
    fn a_lookup_that_an_end_overtook_is_not_kept() {
        let cache = SessionCache::new(HOUR);
        let begun = cache.begin();
        cache.forget(&key(1));
        cache.remember(begun, key(1), Arc::new(sample_record()));
        assert!(cache.get(&key(1)).is_none());
    }

    #[tokio::test]
    async fn events_forget_one_and_a_gap_forgets_all() {
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
