//! What is still to be delivered to others, kept until it is, or until nobody needs it any more.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Names a delivery. Whoever derives it from what is delivered may put the same in twice.
pub type DeliveryId = [u8; 32];

/// Something to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// Its id.
    pub id: DeliveryId,
    /// What and to whom; the store does not look into it.
    pub payload: String,
    /// When it is no use any more.
    pub give_up_at: DateTime<Utc>,
}

/// A delivery that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// Its id.
    pub id: DeliveryId,
    /// As it was put in.
    pub payload: String,
    /// The how-manieth try this is, from 1.
    pub tries: u32,
}

/// Deliveries. At least once: a process that dies while it delivers has another try, by itself or by
/// another process, when its time is over.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Puts deliveries in, all or none, due at once. One whose id is there already is left as it is.
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Takes at most `limit` that are due at `now`, oldest first; nobody else gets them before `until`.
    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Makes one due at `due_at`.
    async fn try_later(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Removes one: it was delivered, or never can be.
    async fn settle(&self, id: &DeliveryId) -> Result<(), StoreError>;
}

impl Delivery {
    /// From what the stores keep.
    pub(super) fn from_row(id: Vec<u8>, payload: String, tries: i64) -> Result<Self, StoreError> {
        let id = id.try_into().map_err(|_| StoreError("an outbox id has the wrong length".into()))?;
        Ok(Self { id, payload, tries: u32::try_from(tries).unwrap_or(u32::MAX) })
    }
}
