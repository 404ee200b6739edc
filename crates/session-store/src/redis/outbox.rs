//! Deliveries in Redis.

use super::{RedisStore, ask, scripts};
use crate::{Backlog, Delivery, DeliveryId, NewDelivery, Outbox, StoreError};
use async_trait::async_trait;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};

#[async_trait]
impl Outbox for RedisStore {
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut connection = self.connection.clone();
        let mut call = scripts::OUTBOX_ENQUEUE.prepare_invoke();
        call.key(self.keys.outbox())
            .key(self.keys.expiry())
            .key(self.keys.waiting())
            .arg(now.timestamp_millis());
        for delivery in deliveries {
            call.arg(self.keys.delivery(&delivery.id))
                .arg(&delivery.payload)
                .arg(delivery.expires_at.timestamp_millis());
        }
        ask(call.invoke_async(&mut connection)).await
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let mut connection = self.connection.clone();
        let mut script = scripts::OUTBOX_TAKE.key(self.keys.outbox());
        script.arg(now.timestamp_millis()).arg(until.timestamp_millis()).arg(limit);
        let rows: Vec<(String, String, i64)> = ask(script.invoke_async(&mut connection)).await?;
        rows.into_iter()
            .map(|(name, payload, attempt)| {
                let id = name.rsplit(':').next().unwrap_or_default();
                Delivery::from_row(URL_SAFE_NO_PAD.decode(id).unwrap_or_default(), payload, attempt)
            })
            .collect()
    }

    async fn postpone(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        let mut connection = self.connection.clone();
        // XX: a settled delivery is not added again.
        let mut command = ::redis::cmd("ZADD");
        command.arg(self.keys.outbox()).arg("XX").arg(due_at.timestamp_millis()).arg(self.keys.delivery(id));
        ask(command.query_async(&mut connection)).await
    }

    async fn remove(&self, id: &DeliveryId) -> Result<(), StoreError> {
        let mut connection = self.connection.clone();
        let name = self.keys.delivery(id);
        let mut pipe = ::redis::pipe();
        pipe.atomic().zrem(self.keys.outbox(), &name).zrem(self.keys.expiry(), &name);
        pipe.zrem(self.keys.waiting(), &name).del(&name);
        ask(pipe.query_async(&mut connection)).await
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let mut connection = self.connection.clone();
        let (waiting, after) = (self.keys.waiting(), format!("({}", now.timestamp_millis()));
        let mut pipe = ::redis::pipe();
        pipe.zcount(&waiting, &after, "+inf").zrangebyscore_limit_withscores(&waiting, &after, "+inf", 0, 1);
        let (deliveries, first): (i64, Vec<(String, i64)>) = ask(pipe.query_async(&mut connection)).await?;
        Ok(Backlog::from_row(deliveries, first.first().map(|(_, expiry)| *expiry)))
    }
}
