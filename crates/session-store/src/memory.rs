//! The in-memory store: for one process, for demos and tests. Its data is lost when the process ends.

mod grants;
mod origins;
mod outbox;
mod sessions;
mod state;

use super::{SingleUseStore, StoreError};
use crate::{BusMessage, EventBus, Listeners, SessionEvent};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use state::State;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use tokio::sync::broadcast;

/// A store in this process's memory. Clones share the data.
#[derive(Clone, Debug, Default)]
pub struct MemoryStore {
    /// One lock for all data: each call takes microseconds, and calls cannot interleave.
    state: Arc<Mutex<State>>,
    listeners: Listeners,
}

impl MemoryStore {
    /// Creates an empty store.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[async_trait]
impl SingleUseStore for MemoryStore {
    async fn mark_used(&self, state_hash: &[u8; 32], expires_at: DateTime<Utc>) -> Result<bool, StoreError> {
        Ok(self.state().mark_used(*state_hash, expires_at))
    }

    async fn is_used(&self, state_hash: &[u8; 32]) -> Result<bool, StoreError> {
        Ok(self.state().is_used(state_hash))
    }
}

#[async_trait]
impl EventBus for MemoryStore {
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError> {
        self.listeners.publish(BusMessage::Event(event));
        Ok(())
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.listeners.subscribe()
    }
}
