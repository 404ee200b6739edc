//! Deliveries in SQL.

use super::{Database, SqlRow, SqlStore, Transaction, Value, rows};
use crate::{Backlog, Delivery, DeliveryId, NewDelivery, Outbox, StoreError, time_limit::with_timeout};
use async_trait::async_trait;
use chrono::{DateTime, Utc};

#[async_trait]
impl<D: Database> Outbox for SqlStore<D> {
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError> {
        with_timeout(async {
            let mut transaction = self.0.begin().await?;
            for delivery in deliveries {
                let statement = "INSERT INTO outbox (id, payload, tries, due_at, give_up_at)
                     VALUES (?1, ?2, 0, ?3, ?4) ON CONFLICT DO NOTHING";
                let values = [
                    delivery.id.as_slice().into(),
                    delivery.payload.as_str().into(),
                    now.into(),
                    delivery.expires_at.into(),
                ];
                transaction.execute(statement, &values).await?;
            }
            transaction.commit().await
        })
        .await
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let statement = "UPDATE outbox SET due_at = ?1, tries = tries + 1 WHERE id IN (
                SELECT id FROM outbox WHERE due_at <= ?2 AND give_up_at > ?2 ORDER BY due_at LIMIT ?3 {skip locked})
             RETURNING id, payload, tries";
        let limit = Value::Int(Some(i64::try_from(limit).unwrap_or(i64::MAX)));
        let taken = with_timeout(self.0.change(statement, &[until.into(), now.into(), limit])).await?;
        let delivery = |row| {
            let attempt = SqlRow::int(row, "tries")?.unwrap_or_default();
            Delivery::from_row(rows::bytes(row, "id")?, rows::text(row, "payload")?, attempt)
        };
        taken.iter().map(delivery).collect()
    }

    async fn postpone(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        let statement = "UPDATE outbox SET due_at = ?1 WHERE id = ?2";
        with_timeout(self.0.execute(statement, &[due_at.into(), id.as_slice().into()])).await?;
        Ok(())
    }

    async fn remove(&self, id: &DeliveryId) -> Result<(), StoreError> {
        with_timeout(self.0.execute("DELETE FROM outbox WHERE id = ?1", &[id.as_slice().into()])).await?;
        Ok(())
    }

    async fn backlog(&self, now: DateTime<Utc>) -> Result<Backlog, StoreError> {
        let statement = "SELECT count(*) AS deliveries, min(give_up_at) AS first_expiry FROM outbox
             WHERE give_up_at > ?1";
        let found = with_timeout(self.0.read(statement, &[now.into()])).await?;
        let Some(row) = found.first() else { return Ok(Backlog::default()) };
        let deliveries = SqlRow::int(row, "deliveries")?.unwrap_or_default();
        Ok(Backlog::from_row(deliveries, SqlRow::int(row, "first_expiry")?))
    }
}
