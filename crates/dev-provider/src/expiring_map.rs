//! A map that cannot grow without limit: entries expire, and beyond the cap the oldest goes.

use chrono::{DateTime, Utc};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A capped map whose entries expire. Expired entries are swept when something is added.
#[derive(Debug)]
pub(crate) struct ExpiringMap<K, V> {
    cap: usize,
    entries: HashMap<K, Entry<V>>,
    /// Keys in the order they were added; may name keys that are gone by now.
    order: VecDeque<K>,
}

#[derive(Debug)]
struct Entry<V> {
    value: V,
    expires: DateTime<Utc>,
}

impl<K: Clone + Eq + Hash, V> ExpiringMap<K, V> {
    pub(crate) fn new(cap: usize) -> Self {
        Self { cap: cap.max(1), entries: HashMap::new(), order: VecDeque::new() }
    }

    /// Adds an entry whose key is fresh (all keys here are random).
    pub(crate) fn insert(&mut self, key: K, value: V, expires: DateTime<Utc>, now: DateTime<Utc>) {
        self.insert_and_evict(key, value, expires, now);
    }

    /// As [`Self::insert`]; gives the keys of the entries that had to go.
    pub(crate) fn insert_and_evict(
        &mut self,
        key: K,
        value: V,
        expires: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Vec<K> {
        let mut gone = self.sweep(now);
        while self.entries.len() >= self.cap {
            let Some(oldest) = self.order.pop_front() else {
                break;
            };
            if self.entries.remove(&oldest).is_some() {
                gone.push(oldest);
            }
        }
        self.order.push_back(key.clone());
        self.entries.insert(key, Entry { value, expires });
        gone
    }

    /// The entry, unless it has expired.
    pub(crate) fn get(&self, key: &K, now: DateTime<Utc>) -> Option<&V> {
        self.entries.get(key).filter(|entry| entry.expires > now).map(|entry| &entry.value)
    }

    /// As [`Self::get`], to change it.
    pub(crate) fn get_mut(&mut self, key: &K, now: DateTime<Utc>) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|entry| entry.expires > now).map(|entry| &mut entry.value)
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key).map(|entry| entry.value)
    }

    /// Drops every entry that `keep` says no to.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.value));
    }

    /// Drops expired entries from the front. Entries of one map live equally long, so these are all.
    fn sweep(&mut self, now: DateTime<Utc>) -> Vec<K> {
        let mut gone = Vec::new();
        while let Some(oldest) = self.order.front() {
            if self.entries.get(oldest).is_some_and(|entry| entry.expires > now) {
                break;
            }
            if let Some(oldest) = self.order.pop_front()
                && self.entries.remove(&oldest).is_some()
            {
                gone.push(oldest);
            }
        }
        // Keys that were removed behind a live one pile up here: forget them now and then.
        if self.order.len() > self.cap.saturating_mul(2) {
            let entries = &self.entries;
            self.order.retain(|key| entries.contains_key(key));
        }
        gone
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn at(seconds: i64) -> DateTime<Utc> {
        DateTime::from_timestamp(seconds, 0).unwrap_or_default()
    }

    #[test]
    fn the_oldest_goes_when_the_cap_is_reached() {
        let mut map = ExpiringMap::new(2);
        for key in 0..3 {
            map.insert(key, key, at(100), at(0));
        }
        assert_eq!(map.get(&0, at(0)), None);
        assert_eq!(map.get(&1, at(0)), Some(&1));
        assert_eq!(map.get(&2, at(0)), Some(&2));
    }

    #[test]
    fn an_expired_entry_is_not_found_and_is_swept_by_the_next_one() {
        let mut map = ExpiringMap::new(8);
        map.insert("a", 1, at(10), at(0));
        assert_eq!(map.get(&"a", at(10)), None);
        map.insert("b", 2, crate::clock::later(at(10), Duration::from_secs(1)), at(10));
        assert_eq!(map.entries.len(), 1);
        assert_eq!(map.order.len(), 1);
    }

    #[test]
    fn removed_keys_do_not_pile_up_behind_a_live_one() {
        let mut map = ExpiringMap::new(4);
        map.insert(0, (), at(100), at(0));
        for key in 1..1000 {
            map.insert(key, (), at(100), at(0));
            map.remove(&key);
        }
        assert!(map.order.len() <= 9);
        assert!(map.get(&0, at(0)).is_some());
    }
}
