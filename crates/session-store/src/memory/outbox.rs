//! Deliveries in memory.

use super::MemoryStore;
use crate::{Backlog, Delivery, DeliveryId, NewDelivery, Outbox, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use std::collections::HashMap;

/// Deliveries by id.
pub(super) type Deliveries = HashMap<DeliveryId, Entry>;

#[derive(Clone, Debug)]
pub(super) struct Entry {
    payload: String,
    attempt: u32,
    due_at: DateTime<Utc>,
    pub(super) expires_at: DateTime<Utc>,
}

#[async_trait]
impl Outbox for MemoryStore {
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut state = self.state();
        for NewDelivery { id, payload, expires_at } in deliveries {
            let entry = Entry { payload: payload.clone(), attempt: 0, due_at: now, expires_at: *expires_at };
            state.outbox.entry(*id).or_insert(entry);
        }
        Ok(())
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut state = self.state();
        let mut due: Vec<_> = state
            .outbox
            .iter_mut()
            .filter(|(_, entry)| entry.due_at <= now && entry.expires_at > now)
            .collect();
        due.sort_by_key(|(_, entry)| entry.due_at);
        let taken = due.into_iter().take(limit).map(|(id, entry)| {
            entry.due_at = until;
            entry.attempt += 1;
            Delivery { id: *id, payload: entry.payload.clone(), attempt: entry.attempt }
        });
        Ok(taken.collect())
    }

    async fn postpone(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        if let Some(entry) = self.state().outbox.get_mut(id) {
            entry.due_at = due_at;
        }
        Ok(())
    }

    async fn remove(&self, id: &DeliveryId) -> Result<(), StoreError> {
        self.state().outbox.remove(id);
        Ok(())
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let state = self.state();
        let waiting = state.outbox.values().map(|entry| entry.expires_at).filter(|expiry| *expiry > now);
        Ok(Backlog { deliveries: waiting.clone().count() as u64, first_expiry: waiting.min() })
    }
}
