//! Messages to other apps, kept until they are delivered or expire.

use super::StoreError;
use async_trait::async_trait;
use chrono::{DateTime, Utc};

/// Identifies a delivery. An id that is derived from the content makes [`Outbox::enqueue`] idempotent.
pub type DeliveryId = [u8; 32];

/// A message to deliver.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NewDelivery {
    /// The delivery's id.
    pub id: DeliveryId,
    /// The message and its recipient; the store does not read it.
    pub payload: String,
    /// When the delivery expires.
    pub expires_at: DateTime<Utc>,
}

/// A delivery that is due.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Delivery {
    /// The delivery's id.
    pub id: DeliveryId,
    /// The payload as enqueued.
    pub payload: String,
    /// The number of this attempt, starting at 1.
    pub attempt: u32,
}

/// The deliveries that wait, due or not.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Backlog {
    /// The number of deliveries.
    pub deliveries: u64,
    /// When the first of them expires; `None` without deliveries. If all deliveries last equally long, this one is the
    /// oldest.
    pub first_expiry: Option<DateTime<Utc>>,
}

/// Stores deliveries, each of which is made at least once. If a process dies while it delivers, the delivery
/// becomes due again, for any process.
#[async_trait]
pub trait Outbox: Send + Sync + 'static {
    /// Adds deliveries, all or none, due at once. A delivery whose id already exists stays unchanged.
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError>;

    /// Takes at most `limit` deliveries that are due at `now`, oldest first. They are due again at `until`.
    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError>;

    /// Makes a delivery due at `due_at`.
    async fn postpone(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError>;

    /// Removes a delivery that was made or that can never be made.
    async fn remove(&self, id: &DeliveryId) -> Result<(), StoreError>;

    /// Returns what waits at `now`. Metrics ask this, so it must be cheap.
    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError>;
}

impl Backlog {
    /// Builds a backlog from a count and a time in milliseconds since the epoch.
    #[cfg(any(feature = "sql", feature = "redis"))]
    pub(super) fn from_row(deliveries: i64, first_expiry: Option<i64>) -> Self {
        Self {
            deliveries: u64::try_from(deliveries).unwrap_or_default(),
            first_expiry: first_expiry.and_then(DateTime::from_timestamp_millis),
        }
    }
}

impl Delivery {
    /// Builds a delivery from stored values.
    pub(super) fn from_row(id: Vec<u8>, payload: String, attempt: i64) -> Result<Self, StoreError> {
        let id = id.try_into().map_err(|_| StoreError("an outbox id has the wrong length".into()))?;
        Ok(Self { id, payload, attempt: u32::try_from(attempt).unwrap_or(u32::MAX) })
    }
}
