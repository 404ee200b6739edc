//! Sessions in memory. Each change holds the lock and applies only to a live session.

use super::MemoryStore;
use crate::{
    CreateError, LeaseOwner, Logout, LogoutScope, LogoutTime, NewData, NewTokens, SessionFilter, SessionKey,
    SessionRecord, SessionState, SessionStore, StoreError, Touch,
};
use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, Utc};

#[async_trait]
impl SessionStore for MemoryStore {
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        self.state().create(*key, record.clone(), refused_since)
    }

    async fn load(
        &self,
        key: &SessionKey,
        now: DateTime<Utc>,
    ) -> Result<SessionState<Box<SessionRecord>>, StoreError> {
        let state = self.state();
        let Some(entry) = state.get(key) else { return Ok(SessionState::SignedOut(None)) };
        Ok(match entry.ended {
            Some(reason) => SessionState::SignedOut(Some(reason)),
            None if entry.record.expires_at > now => SessionState::SignedIn(Box::new(entry.record.clone())),
            None => SessionState::SignedOut(Some(EndReason::Expired)),
        })
    }

    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError> {
        let mut state = self.state();
        let Some(entry) = state.live(key, touch.now) else { return Ok(false) };
        let record = &mut entry.record;
        if record.last_seen_at > touch.seen_at - touch.interval {
            return Ok(false);
        }
        record.last_seen_at = touch.seen_at;
        record.expires_at = record.expires_at.max(touch.expires_at.min(record.absolute_expires_at));
        Ok(true)
    }

    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let unchanged = state.live(key, now).filter(|entry| entry.record.data == new.expected);
        Ok(unchanged.map(|entry| new.data.clone_into(&mut entry.record.data)).is_some())
    }

    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let holder = state.live(key, now).filter(|entry| entry.lease.is_some_and(|(held, _)| held == *owner));
        let Some(entry) = holder else { return Ok(false) };
        entry.lease = None;
        entry.record.sealed_tokens = tokens.sealed.to_vec();
        entry.record.tokens_expire_at = tokens.expire_at;
        entry.record.checked_at = now;
        Ok(true)
    }

    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let free = state.live(key, now).filter(|entry| entry.lease.is_none_or(|(_, held)| held <= now));
        Ok(free.map(|entry| entry.lease = Some((*owner, until))).is_some())
    }

    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        if let Some(entry) = self.state().get_mut(key)
            && entry.lease.take_if(|(held, _)| held == owner).is_some()
        {
            entry.record.checked_at = checked_at.unwrap_or(entry.record.checked_at);
        }
        Ok(())
    }

    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(self.state().end(key, reason, now))
    }

    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let mut state = self.state();
        let unused = state.live(key, now).is_some_and(|entry| entry.record.last_seen_at == last_seen_at);
        Ok(unused && state.end(key, EndReason::Idle, now))
    }

    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: SessionFilter<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        let mut state = self.state();
        let mut keys = state.of_subject(issuer, subject, now);
        keys.retain(|(key, record)| match which {
            SessionFilter::PublicId(id) => record.public_id == id,
            SessionFilter::AllBut(kept) => key != kept,
        });
        let keys = keys.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        Ok(keys.into_iter().filter(|key| state.end(key, reason, now)).collect())
    }

    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError> {
        let mut state = self.state();
        state.insert_tombstone(logout, now);
        let mut found = match logout.scope {
            LogoutScope::ProviderSession(sid) => state.of_provider_session(logout.issuer, sid, now),
            LogoutScope::Subject(subject) | LogoutScope::Browser { subject, .. } => {
                state.of_subject(logout.issuer, subject, now)
            }
        };
        if let LogoutScope::Browser { browser, .. } = logout.scope {
            found.retain(|(_, record)| record.browser.as_deref() == Some(browser));
        }
        found.retain(|(_, record)| match logout.until {
            LogoutTime::Begun(at) => record.begun_at <= at,
            LogoutTime::IssuedBefore(at) => record.issued_at < at,
        });
        let keys = found.into_iter().map(|(key, _)| key).collect::<Vec<_>>();
        Ok(keys.into_iter().filter(|key| state.end(key, EndReason::Revoked, now)).collect())
    }

    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        let state = self.state();
        let found = state.of_subject(issuer, subject, now);
        let mut records = found.into_iter().map(|(_, record)| record.clone()).collect::<Vec<_>>();
        records.sort_by_key(|record| std::cmp::Reverse(record.created_at));
        Ok(records)
    }

    async fn count_live(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(self.state().count_live(now) as u64)
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        Ok(self.state().sweep(now) as u64)
    }

    async fn ping(&self) -> Result<(), StoreError> {
        Ok(())
    }
}
