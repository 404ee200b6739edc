//! The data of the in-memory store, and the operations that are more than a lookup.

use super::{origins::Origins, outbox::Deliveries};
use crate::{
    CreateError, ENDED_RETENTION, EXPIRED_GRANT_RETENTION, Grant, GrantHash, LeaseOwner, Logout, SessionKey,
    SessionRecord, TOMBSTONE_LIFETIME, TombstoneKey, User,
};
use auth_types::EndReason;
use chrono::{DateTime, Utc};
use std::collections::{HashMap, HashSet};

/// Issuer and `sub`, or issuer and `sid`.
type IndexKey = (String, String);

#[derive(Debug, Default)]
pub(super) struct State {
    sessions: HashMap<SessionKey, Entry>,
    by_subject: HashMap<IndexKey, HashSet<SessionKey>>,
    by_provider_session: HashMap<IndexKey, HashSet<SessionKey>>,
    /// Tombstones by issuer and key.
    tombstones: HashMap<(String, TombstoneKey), Tombstone>,
    /// Used `state` values, and when they expire.
    used_states: HashMap<[u8; 32], DateTime<Utc>>,
    pub(super) grants: HashMap<GrantHash, Grant>,
    pub(super) outbox: Deliveries,
    pub(super) origins: Origins,
}

#[derive(Debug)]
pub(super) struct Entry {
    pub(super) record: SessionRecord,
    /// The owner of the lease to refresh the tokens, and when the lease expires.
    pub(super) lease: Option<(LeaseOwner, DateTime<Utc>)>,
    pub(super) ended: Option<EndReason>,
}

#[derive(Clone, Copy, Debug)]
struct Tombstone {
    refuses_until: DateTime<Utc>,
    expires_at: DateTime<Utc>,
}

impl Entry {
    fn is_live(&self, now: DateTime<Utc>) -> bool {
        self.ended.is_none() && self.record.expires_at > now
    }

    /// Ends the session: deletes the user, the app's data and the tokens, and keeps the reason.
    fn end(&mut self, reason: EndReason, now: DateTime<Utc>) {
        self.ended = Some(reason);
        self.lease = None;
        self.record.user = User::default();
        self.record.data = String::new();
        self.record.sealed_tokens = Vec::new();
        self.record.user_agent = None;
        self.record.expires_at = now;
    }
}

impl State {
    pub(super) fn create(
        &mut self,
        key: SessionKey,
        record: SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        let refuses = |tomb| {
            let tomb = self.tombstones.get(&(record.issuer.clone(), tomb));
            tomb.is_some_and(|tomb| {
                tomb.expires_at > record.created_at && tomb.refuses_until >= refused_since
            })
        };
        if TombstoneKey::of_record(&record).any(refuses) {
            return Err(CreateError::LoggedOutMeanwhile);
        }
        let subject = (record.issuer.clone(), record.subject.clone());
        let provider_session = record.sid.clone().map(|sid| (record.issuer.clone(), sid));
        if self.sessions.contains_key(&key) {
            return Err(CreateError::Collision);
        }
        self.by_subject.entry(subject).or_default().insert(key);
        if let Some(name) = provider_session {
            self.by_provider_session.entry(name).or_default().insert(key);
        }
        self.sessions.insert(key, Entry { record, lease: None, ended: None });
        Ok(())
    }

    pub(super) fn get(&self, key: &SessionKey) -> Option<&Entry> {
        self.sessions.get(key)
    }

    pub(super) fn get_mut(&mut self, key: &SessionKey) -> Option<&mut Entry> {
        self.sessions.get_mut(key)
    }

    /// Returns the session, if it is live at `now`.
    pub(super) fn live(&mut self, key: &SessionKey, now: DateTime<Utc>) -> Option<&mut Entry> {
        self.sessions.get_mut(key).filter(|entry| entry.is_live(now))
    }

    /// Counts the live sessions.
    pub(super) fn count_live(&self, now: DateTime<Utc>) -> usize {
        self.sessions.values().filter(|entry| entry.is_live(now)).count()
    }

    /// Returns the live sessions of `(iss, sub)`.
    pub(super) fn of_subject(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Vec<(SessionKey, &SessionRecord)> {
        self.live_among(self.by_subject.get(&name(issuer, subject)), now)
    }

    /// Returns the live sessions of `(iss, sid)`.
    pub(super) fn of_provider_session(
        &self,
        issuer: &str,
        sid: &str,
        now: DateTime<Utc>,
    ) -> Vec<(SessionKey, &SessionRecord)> {
        self.live_among(self.by_provider_session.get(&name(issuer, sid)), now)
    }

    fn live_among(
        &self,
        keys: Option<&HashSet<SessionKey>>,
        now: DateTime<Utc>,
    ) -> Vec<(SessionKey, &SessionRecord)> {
        keys.into_iter()
            .flatten()
            .filter_map(|key| Some((*key, self.sessions.get(key).filter(|entry| entry.is_live(now))?)))
            .map(|(key, entry)| (key, &entry.record))
            .collect()
    }

    /// Ends a session. Returns `false` if the session is not live.
    pub(super) fn end(&mut self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> bool {
        self.live(key, now).map(|entry| entry.end(reason, now)).is_some()
    }

    pub(super) fn insert_tombstone(&mut self, logout: Logout<'_>, now: DateTime<Utc>) {
        let (refuses_until, expires_at) = (logout.until.refuses_until(now), now + TOMBSTONE_LIFETIME);
        let name = (logout.issuer.to_owned(), TombstoneKey::of(logout.scope));
        let tomb = self.tombstones.entry(name).or_insert(Tombstone { refuses_until, expires_at });
        tomb.refuses_until = tomb.refuses_until.max(refuses_until);
        tomb.expires_at = tomb.expires_at.max(expires_at);
    }

    pub(super) fn mark_used(&mut self, state_hash: [u8; 32], expires_at: DateTime<Utc>) -> bool {
        self.used_states.insert(state_hash, expires_at).is_none()
    }

    pub(super) fn is_used(&self, state_hash: &[u8; 32]) -> bool {
        self.used_states.contains_key(state_hash)
    }

    /// Removes expired entries, and returns their number.
    pub(super) fn sweep(&mut self, now: DateTime<Utc>) -> usize {
        let before = self.entries();
        self.sessions.retain(|_, entry| entry.record.expires_at > now - ENDED_RETENTION);
        for index in [&mut self.by_subject, &mut self.by_provider_session] {
            index.retain(|_, keys| {
                keys.retain(|key| self.sessions.contains_key(key));
                !keys.is_empty()
            });
        }
        self.tombstones.retain(|_, tomb| tomb.expires_at > now);
        self.used_states.retain(|_, expires_at| *expires_at > now);
        self.grants.retain(|_, grant| grant.expires_at > now - EXPIRED_GRANT_RETENTION);
        self.outbox.retain(|_, delivery| delivery.expires_at > now);
        self.origins.retain(|_, until| *until > now);
        before - self.entries()
    }

    fn entries(&self) -> usize {
        self.sessions.len()
            + self.tombstones.len()
            + self.used_states.len()
            + self.grants.len()
            + self.outbox.len()
            + self.origins.len()
    }
}

fn name(issuer: &str, value: &str) -> IndexKey {
    (issuer.to_owned(), value.to_owned())
}
