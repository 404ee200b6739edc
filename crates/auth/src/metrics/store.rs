//! Measures each call of a store, and records the calls that are steps of a flow.

use super::{Histogram, Metrics};
use crate::{
    flow_trace::{self, StepKind},
    store::{
        Backlog, BusMessage, Claim, ClaimOutcome, CreateError, Delivery, DeliveryId, EventBus, Grant,
        GrantHash, GrantStore, LeaseOwner, Logout, NewData, NewDelivery, NewTokens, OriginStore, Outbox,
        SessionEvent, SessionFilter, SessionKey, SessionRecord, SessionState, SessionStore, SingleUseStore,
        Store, StoreError, Touch,
    },
};
use async_trait::async_trait;
use auth_types::EndReason;
use chrono::{DateTime, Utc};
use std::{future::Future, sync::Arc, time::Instant};
use tokio::sync::broadcast;

/// A store whose calls are measured.
pub(crate) struct MeasuredStore {
    store: Arc<dyn Store>,
    operations: Histogram<2>,
}

impl MeasuredStore {
    /// Wraps `store` if metrics or traces are on.
    pub(crate) fn wrap(store: Arc<dyn Store>, metrics: &Metrics, is_traced: bool) -> Arc<dyn Store> {
        if !metrics.is_on() && !is_traced {
            return store;
        }
        Arc::new(Self { store, operations: metrics.0.store_operations.clone() })
    }

    async fn measure<T, E: StoreFailure>(
        &self,
        operation: &'static str,
        call: impl Future<Output = Result<T, E>> + Send,
    ) -> Result<T, E> {
        let begun = self.operations.begin();
        let outcome = call.await;
        let has_failed = outcome.as_ref().err().is_some_and(E::is_failure);
        let result = if has_failed { "error" } else { "ok" };
        self.operations.end(begun, [operation.into(), result.into()]);
        outcome
    }
}

/// Records a call that is a step of a flow. `Ok(false)`: the store answered that another request was first.
async fn step(
    kind: StepKind,
    call: impl Future<Output = Result<bool, StoreError>> + Send,
) -> Result<bool, StoreError> {
    let called = Instant::now();
    let outcome = call.await;
    // A refresh asks for the lease again and again while another process has it.
    if !(kind == StepKind::LeaseTaken && matches!(outcome, Ok(false))) {
        flow_trace::timed_step(kind, called, !matches!(outcome, Ok(true)));
    }
    outcome
}

/// Whether an error means that the store failed. A store that refuses a session has answered.
trait StoreFailure {
    fn is_failure(&self) -> bool;
}

impl StoreFailure for StoreError {
    fn is_failure(&self) -> bool {
        true
    }
}

impl StoreFailure for CreateError {
    fn is_failure(&self) -> bool {
        matches!(self, Self::Store(_))
    }
}

#[async_trait]
impl SessionStore for MeasuredStore {
    async fn create(
        &self,
        key: &SessionKey,
        record: &SessionRecord,
        refused_since: DateTime<Utc>,
    ) -> Result<(), CreateError> {
        self.measure("create", self.store.create(key, record, refused_since)).await
    }

    async fn load(
        &self,
        key: &SessionKey,
        now: DateTime<Utc>,
    ) -> Result<SessionState<Box<SessionRecord>>, StoreError> {
        self.measure("load", self.store.load(key, now)).await
    }

    async fn touch(&self, key: &SessionKey, touch: Touch) -> Result<bool, StoreError> {
        self.measure("touch", self.store.touch(key, touch)).await
    }

    async fn set_data(
        &self,
        key: &SessionKey,
        new: NewData<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.measure("set_data", self.store.set_data(key, new, now)).await
    }

    async fn set_tokens(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        tokens: NewTokens<'_>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.measure("set_tokens", self.store.set_tokens(key, owner, tokens, now)).await
    }

    async fn lease_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        let call = self.measure("lease_refresh", self.store.lease_refresh(key, owner, now, until));
        step(StepKind::LeaseTaken, call).await
    }

    async fn release_refresh(
        &self,
        key: &SessionKey,
        owner: &LeaseOwner,
        checked_at: Option<DateTime<Utc>>,
    ) -> Result<(), StoreError> {
        self.measure("release_refresh", self.store.release_refresh(key, owner, checked_at)).await
    }

    async fn end(&self, key: &SessionKey, reason: EndReason, now: DateTime<Utc>) -> Result<bool, StoreError> {
        step(StepKind::SessionEnded, self.measure("end", self.store.end(key, reason, now))).await
    }

    async fn end_idle(
        &self,
        key: &SessionKey,
        last_seen_at: DateTime<Utc>,
        now: DateTime<Utc>,
    ) -> Result<bool, StoreError> {
        self.measure("end_idle", self.store.end_idle(key, last_seen_at, now)).await
    }

    async fn end_of_user(
        &self,
        issuer: &str,
        subject: &str,
        which: SessionFilter<'_>,
        reason: EndReason,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionKey>, StoreError> {
        self.measure("end_of_user", self.store.end_of_user(issuer, subject, which, reason, now)).await
    }

    async fn log_out(&self, logout: Logout<'_>, now: DateTime<Utc>) -> Result<Vec<SessionKey>, StoreError> {
        self.measure("log_out", self.store.log_out(logout, now)).await
    }

    async fn of_user(
        &self,
        issuer: &str,
        subject: &str,
        now: DateTime<Utc>,
    ) -> Result<Vec<SessionRecord>, StoreError> {
        self.measure("of_user", self.store.of_user(issuer, subject, now)).await
    }

    async fn count_live(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.measure("count_live", self.store.count_live(now)).await
    }

    async fn sweep(&self, now: DateTime<Utc>) -> Result<u64, StoreError> {
        self.measure("sweep", self.store.sweep(now)).await
    }

    async fn ping(&self) -> Result<(), StoreError> {
        self.measure("ping", self.store.ping()).await
    }
}

#[async_trait]
impl SingleUseStore for MeasuredStore {
    async fn mark_used(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        let call = self.measure("mark_used", self.store.mark_used(state_hash, expires_at));
        step(StepKind::StateUsed, call).await
    }

    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError> {
        self.measure("is_used", self.store.is_used(state_hash)).await
    }
}

#[async_trait]
impl GrantStore for MeasuredStore {
    async fn put_grant(&self, hash: &GrantHash, grant: &Grant, now: DateTime<Utc>) -> Result<(), StoreError> {
        self.measure("put_grant", self.store.put_grant(hash, grant, now)).await
    }

    async fn take_grant(
        &self,
        hash: &GrantHash,
        claim: Claim<'_>,
        now: DateTime<Utc>,
    ) -> Result<ClaimOutcome, StoreError> {
        self.measure("take_grant", self.store.take_grant(hash, claim, now)).await
    }

    async fn load_grant(&self, hash: &GrantHash) -> Result<Option<Grant>, StoreError> {
        self.measure("load_grant", self.store.load_grant(hash)).await
    }
}

#[async_trait]
impl Outbox for MeasuredStore {
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError> {
        self.measure("enqueue", self.store.enqueue(deliveries, now)).await
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        self.measure("take_due", self.store.take_due(now, until, limit)).await
    }

    async fn postpone(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        self.measure("postpone", self.store.postpone(id, due_at)).await
    }

    async fn remove(&self, id: &DeliveryId) -> Result<(), StoreError> {
        self.measure("remove", self.store.remove(id)).await
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        self.measure("backlog", self.store.backlog(now)).await
    }
}

#[async_trait]
impl OriginStore for MeasuredStore {
    async fn remember_origin(
        &self,
        app: &str,
        origin: &str,
        until: DateTime<Utc>,
        now: DateTime<Utc>,
        most: usize,
    ) -> Result<bool, StoreError> {
        self.measure("remember_origin", self.store.remember_origin(app, origin, until, now, most)).await
    }

    async fn origins_of(&self, app: &str, now: DateTime<Utc>) -> Result<Vec<String>, StoreError> {
        self.measure("origins_of", self.store.origins_of(app, now)).await
    }
}

#[async_trait]
impl EventBus for MeasuredStore {
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError> {
        self.measure("publish", self.store.publish(event)).await
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.store.subscribe()
    }
}
