//! Rate limits for a client address or a registered app.
//!
//! Each key has a token bucket. The limits apply per process. Full buckets are forgotten when
//! there are too many keys.

use crate::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    hash::Hash,
    sync::{Mutex, MutexGuard, PoisonError},
};

/// Maximum number of keys. At the limit, full buckets are forgotten first, then every second bucket.
const MAX_KEYS: usize = 50_000;

/// The key has used up its quota.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too_many_requests")]
pub struct QuotaExceeded {
    /// Seconds until the next request is allowed, at least 1.
    pub retry_after: i64,
}

/// The quota of one key.
#[derive(Clone, Copy, Debug)]
pub struct Quota {
    /// Requests allowed at once.
    pub burst: i32,
    /// Time until one more request is allowed.
    pub refill: TimeDelta,
}

/// A rate limit with one token bucket per key.
#[derive(Debug)]
pub struct RateLimit<K> {
    clock: Clock,
    quota: Quota,
    /// When each key's bucket was full, or will be full.
    full_at: Mutex<HashMap<K, DateTime<Utc>>>,
}

impl<K: Eq + Hash> RateLimit<K> {
    /// Creates a rate limit; every key starts with a full bucket.
    #[must_use]
    pub fn new(clock: Clock, quota: Quota) -> Self {
        Self { clock, quota, full_at: Mutex::default() }
    }

    /// Takes one request from the key's bucket.
    ///
    /// # Errors
    /// [`QuotaExceeded`] if the bucket is empty; then nothing is taken.
    pub fn take(&self, key: K) -> Result<(), QuotaExceeded> {
        let now = self.clock.now();
        let mut full_at = self.buckets();
        self.room(full_at.get(&key), now)?;
        self.count(&mut full_at, key, now);
        Ok(())
    }

    /// Checks that the key's bucket is not empty, and takes nothing.
    ///
    /// # Errors
    /// [`QuotaExceeded`] if the bucket is empty.
    pub fn check(&self, key: &K) -> Result<(), QuotaExceeded> {
        self.room(self.buckets().get(key), self.clock.now())
    }

    /// Takes one request from the key's bucket, even if the bucket is empty.
    pub fn take_unchecked(&self, key: K) {
        self.count(&mut self.buckets(), key, self.clock.now());
    }

    fn buckets(&self) -> MutexGuard<'_, HashMap<K, DateTime<Utc>>> {
        self.full_at.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn room(&self, full_at: Option<&DateTime<Utc>>, now: DateTime<Utc>) -> Result<(), QuotaExceeded> {
        let ahead = full_at.map_or_else(TimeDelta::zero, |full_at| *full_at - now);
        let over = ahead - self.quota.refill * (self.quota.burst - 1);
        if over <= TimeDelta::zero() {
            return Ok(());
        }
        Err(QuotaExceeded { retry_after: (over.num_milliseconds() + 999) / 1000 })
    }

    fn count(&self, full_at: &mut HashMap<K, DateTime<Utc>>, key: K, now: DateTime<Utc>) {
        if full_at.len() >= MAX_KEYS {
            full_at.retain(|_, full_at| *full_at > now);
            if full_at.len() >= MAX_KEYS {
                // Only an attack has so many keys at once. Half of the keys start again with full buckets.
                let mut keep = false;
                full_at.retain(|_, _| {
                    keep = !keep;
                    keep
                });
            }
        }
        let full_at = full_at.entry(key).or_insert(now);
        *full_at = (*full_at).max(now) + self.quota.refill;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const QUOTA: Quota = Quota { burst: 30, refill: TimeDelta::seconds(1) };

    #[test]
    fn after_its_burst_a_key_gets_one_request_a_second() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let limit = RateLimit::new(clock.clone(), QUOTA);
        for number in 0..QUOTA.burst {
            assert_eq!(limit.take("games"), Ok(()), "{number}");
        }
        assert_eq!(limit.take("games"), Err(QuotaExceeded { retry_after: 1 }));
        assert_eq!(limit.take("store"), Ok(()));
        clock.advance(QUOTA.refill);
        assert_eq!(limit.take("games"), Ok(()));
        assert!(limit.take("games").is_err());
        clock.advance(QUOTA.refill * QUOTA.burst);
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
    fn a_flood_of_keys_does_not_exceed_the_maximum() {
        let limit = RateLimit::new(Clock::fixed(DateTime::UNIX_EPOCH), QUOTA);
        for key in 0..3 * MAX_KEYS {
            limit.take_unchecked(key);
        }
        assert!(limit.full_at.lock().unwrap().len() <= MAX_KEYS);
    }
}
