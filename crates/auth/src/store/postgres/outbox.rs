//! What is still to be delivered.

use super::PostgresStore;
use crate::store::{Delivery, DeliveryId, NewDelivery, Outbox, StoreError};
use async_trait::async_trait;
use chrono::{DateTime, Utc};
use sqlx::Row;

#[async_trait]
impl Outbox for PostgresStore {
    async fn enqueue(&self, deliveries: &[NewDelivery], now: DateTime<Utc>) -> Result<(), StoreError> {
        let mut transaction = self.pool.begin().await?;
        for delivery in deliveries {
            sqlx::query(
                "INSERT INTO outbox (id, payload, tries, due_at, give_up_at) VALUES ($1, $2, 0, $3, $4)
                 ON CONFLICT DO NOTHING",
            )
            .bind(delivery.id.as_slice())
            .bind(&delivery.payload)
            .bind(now.timestamp_millis())
            .bind(delivery.give_up_at.timestamp_millis())
            .execute(&mut *transaction)
            .await?;
        }
        Ok(transaction.commit().await?)
    }

    async fn take_due(
        &self,
        now: DateTime<Utc>,
        until: DateTime<Utc>,
        limit: usize,
    ) -> Result<Vec<Delivery>, StoreError> {
        let rows = sqlx::query(
            "UPDATE outbox SET due_at = $1, tries = tries + 1
             WHERE id IN (SELECT id FROM outbox WHERE due_at <= $2 AND give_up_at > $3 ORDER BY due_at LIMIT $4
                          FOR UPDATE SKIP LOCKED)
             RETURNING id, payload, tries",
        )
        .bind(until.timestamp_millis())
        .bind(now.timestamp_millis())
        .bind(now.timestamp_millis())
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .fetch_all(&self.pool)
        .await?;
        rows.iter()
            .map(|row| Delivery::from_row(row.try_get("id")?, row.try_get("payload")?, row.try_get("tries")?))
            .collect()
    }

    async fn try_later(&self, id: &DeliveryId, due_at: DateTime<Utc>) -> Result<(), StoreError> {
        sqlx::query("UPDATE outbox SET due_at = $1 WHERE id = $2")
            .bind(due_at.timestamp_millis())
            .bind(id.as_slice())
            .execute(&self.pool)
            .await?;
        Ok(())
    }

    async fn settle(&self, id: &DeliveryId) -> Result<(), StoreError> {
        sqlx::query("DELETE FROM outbox WHERE id = $1").bind(id.as_slice()).execute(&self.pool).await?;
        Ok(())
    }
}
