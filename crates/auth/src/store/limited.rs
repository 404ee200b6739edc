//! A store whose every call ends.
//!
//! A server that is stopped refuses; one that hangs, or a network that swallows packets, says nothing. Each
//! store has limits of its own for connecting and waiting, and this one stands around them all, so that a
//! visitor gets a 503 within seconds. A change that was given up may still be carried out later; whoever
//! asked for it was told that nobody knows.

use super::{
    Claim, CreateError, Delivery, DeliveryId, FlowStore, Grant, GrantHash, GrantStore, LeaseOwner, Logout,
    Lookup, NewData, NewDelivery, NewTokens, Outbox, SessionStore, Store, StoreError, Taken, Touch, Which,
};
use crate::{
    events::{EventBus, Heard, SessionEvent},
    session::{SessionKey, SessionRecord},
};
use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, Utc};
use std::{future::Future, time::Duration};
use tokio::{sync::broadcast, time::timeout};

/// How long a call may take; longer than the stores' own limits, which know better what went wrong.
const LIMIT: Duration = Duration::from_secs(5);

/// The store within, with a limit on each call.
pub(super) struct Limited<S>(pub(super) S);

async fn within<T, E: From<StoreError>>(call: impl Future<Output = Result<T, E>>) -> Result<T, E> {
    timeout(LIMIT, call).await.unwrap_or_else(|_| {
        let problem = format!("no answer within {} seconds", LIMIT.as_secs());
        Err(StoreError(problem).into())
    })
}

#[async_trait]
impl<S: Store> SessionStore for Limited<S> {
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        within(self.0.create(key, record, refused_since)).await
    }

    async fn load(&self, key: &SessionKey, now: DateTime<Utc>) -> Result<Lookup, StoreError> {
        within(self.0.load(key, now)).await
    }

    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError> {
        within(self.0.touch(key, touch)).await
    }

    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        within(self.0.set_data(key, new, now)).await
    }

    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        within(self.0.set_tokens(key, owner, tokens, now)).await
    }

    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        within(self.0.lease_refresh(key, owner, now, until)).await
    }

    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        within(self.0.release_refresh(key, owner, checked_at)).await
    }

    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError> {
        within(self.0.end(key, reason, now)).await
    }

    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        within(self.0.end_idle(key, last_seen_at, now)).await
    }

    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: Which<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        within(self.0.end_of_user(issuer, subject, which, reason, now)).await
    }

    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError> {
        within(self.0.log_out(logout, now)).await
    }

    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        within(self.0.of_user(issuer, subject, now)).await
    }

    /// Nobody waits for it, and each of its steps is limited by the store.
    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.0.sweep(now).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        within(self.0.ping()).await
    }
}

#[async_trait]
impl<S: Store> FlowStore for Limited<S> {
    async fn use_state(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        within(self.0.use_state(state_hash, expires_at)).await
    }

    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError> {
        within(self.0.is_used(state_hash)).await
    }
}

#[async_trait]
impl<S: Store> GrantStore for Limited<S> {
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, now: DateTime<Utc>) -> Result<(), StoreError> {
        within(self.0.put_grant(hash, grant, now)).await
    }

    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<Taken, StoreError> {
        within(self.0.take_grant(hash, claim, now)).await
    }

    async fn look_at_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError> {
        within(self.0.look_at_grant(hash)).await
    }
}

#[async_trait]
impl<S: Store> Outbox for Limited<S> {
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError> {
        within(self.0.enqueue(deliveries, now)).await
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        within(self.0.take_due(now, until, limit)).await
    }

    async fn try_later(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        within(self.0.try_later(id, due_at)).await
    }

    async fn settle(&self, id: &DeliveryId) -> Result<(), StoreError> {
        within(self.0.settle(id)).await
    }
}

#[async_trait]
impl<S: Store> EventBus for Limited<S> {
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError> {
        within(self.0.publish(event)).await
    }

    fn subscribe(&self) -> broadcast::Receiver<Heard> {
        self.0.subscribe()
    }
}
