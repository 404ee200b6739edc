//! A bounded map: its entries expire, and a full map evicts its oldest entry.

use chrono::{DateTime, Utc};
use std::collections::{HashMap, VecDeque};
use std::hash::Hash;

/// A bounded map whose entries expire. Adding an entry removes expired entries.
#[derive(Debug)]
pub(crate) struct ExpiringMap<K, V> {
    cap: usize,
    entries: HashMap<K, Entry<V>>,
    /// Keys in insertion order. May contain keys whose entries have been removed.
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

    /// Adds an entry. Its key must be new (all keys here are random).
    pub(crate) fn insert(&mut self, key: K, value: V, expires: DateTime<Utc>, now: DateTime<Utc>) {
        self.insert_and_evict(key, value, expires, now);
    }

    /// Adds an entry as [`Self::insert`] does, and returns the keys of the entries that were removed.
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

    /// Returns the value, unless its entry has expired.
    pub(crate) fn get(&self, key: &K, now: DateTime<Utc>) -> Option<&V> {
        self.entries.get(key).filter(|entry| entry.expires > now).map(|entry| &entry.value)
    }

    /// Returns the value for changes, unless its entry has expired.
    pub(crate) fn get_mut(&mut self, key: &K, now: DateTime<Utc>) -> Option<&mut V> {
        self.entries.get_mut(key).filter(|entry| entry.expires > now).map(|entry| &mut entry.value)
    }

    pub(crate) fn remove(&mut self, key: &K) -> Option<V> {
        self.entries.remove(key).map(|entry| entry.value)
    }

    /// Removes every entry for which `keep` returns `false`.
    pub(crate) fn retain(&mut self, mut keep: impl FnMut(&V) -> bool) {
        self.entries.retain(|_, entry| keep(&entry.value));
    }

    /// Removes expired entries from the front, up to the first live entry. Entries of one map have about the
    /// same lifetime, so the oldest expire first.
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
        // Keys that were removed behind a live entry accumulate in `order`: drop them from time to time.
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
    fn the_oldest_entry_is_evicted_when_the_cap_is_reached() {
        let mut map = ExpiringMap::new(2);
        for key in 0..3 {
            map.insert(key, key, at(100), at(0));
        }
        assert_eq!(map.get(&0, at(0)), None);
        assert_eq!(map.get(&1, at(0)), Some(&1));
        assert_eq!(map.get(&2, at(0)), Some(&2));
    }

    #[test]
    fn an_expired_entry_is_not_found_and_the_next_insert_removes_it() {
        let mut map = ExpiringMap::new(8);
        map.insert("a", 1, at(10), at(0));
        assert_eq!(map.get(&"a", at(10)), None);
        map.insert("b", 2, crate::clock::later(at(10), Duration::from_secs(1)), at(10));
        assert_eq!(map.entries.len(), 1);
        assert_eq!(map.order.len(), 1);
    }

    #[test]
    fn removed_keys_do_not_accumulate_behind_a_live_entry() {
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
