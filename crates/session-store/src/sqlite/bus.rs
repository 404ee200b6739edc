//! The event bus between processes that share a SQLite file: a table of events. Listeners poll SQLite's
//! change counter several times a second, which is cheap while nothing changes.

use crate::{BusMessage, Listeners, SessionEvent, StoreError};
use sqlx::{Connection, SqliteConnection, SqlitePool, sqlite::SqliteConnectOptions};
use std::time::Duration;

/// The interval between two reads of the counter.
const POLL_INTERVAL: Duration = Duration::from_millis(50);
/// How long to wait before opening the file again after an error.
const RETRY: Duration = Duration::from_secs(1);
/// How many events stay in the table. A listener that lags too far behind gets [`BusMessage::Lagged`].
const KEPT: i64 = 4096;

pub(super) async fn publish(write: &SqlitePool, event: SessionEvent) -> Result<(), StoreError> {
    let inserted =
        sqlx::query("INSERT INTO events (line) VALUES (?)").bind(event.to_line()).execute(write).await?;
    let newest = inserted.last_insert_rowid();
    if newest % 256 == 0 {
        sqlx::query("DELETE FROM events WHERE seq <= ?").bind(newest - KEPT).execute(write).await?;
    }
    Ok(())
}

/// Forwards events to the listeners of this process; never returns.
pub(super) async fn listen(options: SqliteConnectOptions, listeners: Listeners) {
    let mut seen = None;
    loop {
        if let Err(error) = poll_events(&options, &listeners, &mut seen).await {
            tracing::warn!(%error, "event bus connection lost");
            tokio::time::sleep(RETRY).await;
            listeners.publish(BusMessage::Lagged);
        }
    }
}

async fn poll_events(
    options: &SqliteConnectOptions,
    listeners: &Listeners,
    seen: &mut Option<i64>,
) -> Result<(), sqlx::Error> {
    let mut connection = SqliteConnection::connect_with(options).await?;
    let mut version: i64 = -1;
    let mut looks = tokio::time::interval(POLL_INTERVAL);
    looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
    loop {
        looks.tick().await;
        let now: i64 = sqlx::query_scalar("PRAGMA data_version").fetch_one(&mut connection).await?;
        if now == version {
            continue;
        }
        version = now;
        let newest: i64 =
            sqlx::query_scalar("SELECT coalesce(max(seq), 0) FROM events").fetch_one(&mut connection).await?;
        let last = *seen.get_or_insert(newest);
        if newest - last > KEPT / 2 {
            listeners.publish(BusMessage::Lagged);
        }
        let lines: Vec<(i64, String)> =
            sqlx::query_as("SELECT seq, line FROM events WHERE seq > ? ORDER BY seq")
                .bind(last)
                .fetch_all(&mut connection)
                .await?;
        for (seq, line) in lines {
            *seen = Some(seq);
            if let Some(event) = SessionEvent::parse(&line) {
                listeners.publish(BusMessage::Event(event));
            }
        }
    }
}
