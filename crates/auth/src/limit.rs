//! How often an app may show tokens that are none.
//!
//! A token has 256 bits, so nobody guesses one; the limit keeps whoever tries from costing the store a look-up
//! for each. It counts refusals only, so an app may open as many sessions as it likes, and when it is reached
//! nothing is looked at, so no token is used up. Each process counts for itself.

use crate::clock::Clock;
use chrono::{DateTime, TimeDelta, Utc};
use std::{
    collections::HashMap,
    sync::{Mutex, PoisonError},
};

/// Refusals at once.
const BURST: i32 = 30;
/// One more after each of these.
const REFILL: TimeDelta = TimeDelta::seconds(1);

/// An app was refused too often; it may try again then.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("too_many_requests")]
pub struct TooMany {
    /// In how many seconds, at least 1.
    pub retry_after: i64,
}

/// A bucket for each registered app. Only those that proved who they are get here, so there are few.
#[derive(Debug)]
pub(super) struct Refusals {
    clock: Clock,
    /// When the bucket was empty of refusals, or will be.
    clean_at: Mutex<HashMap<String, DateTime<Utc>>>,
}

impl Refusals {
    pub(super) fn new(clock: Clock) -> Self {
        Self { clock, clean_at: Mutex::default() }
    }

    /// Whether this app may show a token now.
    pub(super) fn check(&self, client_id: &str) -> Result<(), TooMany> {
        let now = self.clock.now();
        let clean_at = self.clean_at.lock().unwrap_or_else(PoisonError::into_inner);
        let ahead = clean_at.get(client_id).map_or_else(TimeDelta::zero, |clean_at| *clean_at - now);
        let over = ahead - REFILL * (BURST - 1);
        if over <= TimeDelta::zero() {
            return Ok(());
        }
        Err(TooMany { retry_after: (over.num_milliseconds() + 999) / 1000 })
    }

    /// Notes that it was refused.
    pub(super) fn note(&self, client_id: &str) {
        let now = self.clock.now();
        let mut clean_at = self.clean_at.lock().unwrap_or_else(PoisonError::into_inner);
        let clean_at = clean_at.entry(client_id.to_owned()).or_insert(now);
        *clean_at = (*clean_at).max(now) + REFILL;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn after_thirty_refusals_there_is_one_more_try_a_second_and_others_have_theirs() {
        let clock = Clock::fixed(DateTime::UNIX_EPOCH);
        let refusals = Refusals::new(clock.clone());
        for number in 0..BURST {
            assert_eq!(refusals.check("games"), Ok(()), "{number}");
            refusals.note("games");
        }
        assert_eq!(refusals.check("games"), Err(TooMany { retry_after: 1 }));
        assert_eq!(refusals.check("store"), Ok(()));
        clock.advance(REFILL);
        assert_eq!(refusals.check("games"), Ok(()));
        refusals.note("games");
        assert!(refusals.check("games").is_err());
        clock.advance(REFILL * BURST);
        assert_eq!(refusals.check("games"), Ok(()));
    }
}
