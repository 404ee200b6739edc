//! Rate limits: how often a client address, or a registered app, may ask for something.
//!
//! A token bucket for each key. Each process counts for itself, and forgets a key once its bucket is full again.

use crate::{clock::Clock, error_page};
use axum::response::Response;
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Most keys that are remembered. Beyond it, full buckets are forgotten, and then every second one.
const MAX_KEYS: usize = 50_000;

/// The key has used up its share.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too_many_requests")]
pub struct QuotaExceeded {
    /// In how many seconds there is room again, at least 1.
    pub retry_after: i64,
}

/// How much one key may ask for.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Requests at once.
    pub burst: i32,
    /// One more after each of these.
    pub refill: TimeDelta,
}

/// The buckets.
#[derive(Debug)]
pub struct RateLimit<K> {
    clock: Clock,
    share: Quota,
    /// When the bucket of a key was full, or will be.
    full_at: Mutex<HashMap<K, DateTime<Utc>>>,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// Full buckets for all.
    #[must_use]
    pub fn new(clock: Clock, share: Quota) -> Self {
        Self { clock, share, full_at: Mutex::default() }
    }

    /// Takes one from the key's bucket.
    ///
    /// # Errors
    /// [`QuotaExceeded`] when there is none; then nothing is taken.
    pub fn take(&self, key: K) -> Result<(), QuotaExceeded> {
        let now = self.clock.now();
        let mut full_at = self.buckets();
        self.room(full_at.get(&key), now)?;
        self.count(&mut full_at, key, now);
        Ok(())
    }

    /// Whether the key's bucket has one left.
    ///
    /// # Errors
    /// [`QuotaExceeded`] when it has not.
    pub fn check(&self, key: &K) -> Result<(), QuotaExceeded> {
        self.room(self.buckets().get(key), self.clock.now())
    }

    /// Takes one from the key's bucket, without a look.
    pub fn note(&self, key: K) {
        self.count(&mut self.buckets(), key, self.clock.now());
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<K, DateTime<Utc>>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self, full_at: Option<&DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), QuotaExceeded> {
        let ahead = full_at.map_or_else(TimeDelta::zero, |full_at| *full_at - now);
        let over = ahead - self.share.refill * (self.share.burst - 1);
        if over <= TimeDelta::zero() {
            return Ok(());
        }
        Err(QuotaExceeded { retry_after: (over.num_milliseconds() + 999) / 1000 })
    }

    fn count(&self, full_at: &mut HashMap<K, DateTime<Utc>>, key: K, now: DateTime<Utc>) {
        if full_at.len() >= MAX_KEYS {
            full_at.retain(|_, full_at| *full_at > now);
            if full_at.len() >= MAX_KEYS {
                // Only an attack has so many keys at once. Half of them start anew.
                let mut keep = false;
                full_at.retain(|_, _| {
                    keep = !keep;
                    keep
                });
            }
        }
        let full_at = full_at.entry(key).or_insert(now);
        *full_at = (*full_at).max(now) + self.share.refill;
    }
}

/// 429 with `Retry-After` (RFC 6585 §4).
#[must_use]
pub fn too_many_requests(headers: &HeaderMap, limit: QuotaExceeded) -> Response {
    let sentence = "Too many requests. Please wait a moment and try again.";
    let mut refused =
        error_page::refuse(headers, StatusCode::TOO_MANY_REQUESTS, &limit.to_string(), sentence);
    refused.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(limit.retry_after));
    refused
}

#[cfg(test)]
mod tests {
    use super::*;

    const SHARE: Quota = Quota { burst: 30, refill: TimeDelta::seconds(1) };

    #[test]
    fn after_its_burst_a_key_has_one_more_a_second_and_others_have_theirs() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let limit = RateLimit::new(clock.clone(), SHARE);
        for number in 0..SHARE.burst {
            assert_eq!(limit.take("games"), Ok(()), "{number}");
        }
        assert_eq!(limit.take("games"), Err(QuotaExceeded { retry_after: 1 }));
        assert_eq!(limit.take("store"), Ok(()));
        clock.advance(SHARE.refill);
        assert_eq!(limit.take("games"), Ok(()));
        assert!(limit.take("games").is_err());
        clock.advance(SHARE.refill * SHARE.burst);
        assert_eq!(limit.take("games"), Ok(()));
    }

    #[test]
    fn a_refusal_takes_nothing() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let limit = RateLimit::new(clock.clone(), Quota { burst: 1, refill: TimeDelta::seconds(10) });
        assert_eq!(limit.take(()), Ok(()));
        for _ in 0..100 {
            assert_eq!(limit.take(()), Err(QuotaExceeded { retry_after: 10 }));
        }
        clock.advance(TimeDelta::seconds(10));
        assert_eq!(limit.take(()), Ok(()));
    }

    #[test]
    fn a_flood_of_keys_does_not_grow_without_end() {
        let limit = RateLimit::new(Clock::fixed(DateTime::UNIX_EPOCH), SHARE);
        for key in 0..3 * MAX_KEYS {
            limit.note(key);
        }
        assert!(limit.full_at.lock().unwrap().len() <= MAX_KEYS);
    }
}
