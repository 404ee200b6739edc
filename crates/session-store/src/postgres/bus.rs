//! The event bus between processes on one PostgreSQL database: `NOTIFY` and `LISTEN`.

use crate::{BusMessage, Listeners, SessionEvent, StoreError};
use sqlx::{Executor, PgPool, postgres::PgListener};
use std::time::Duration;

/// The channel of the bus. Channels belong to a database, so stores in different databases share no events.
pub(super) const CHANNEL: &str = "auth_session_events";
/// How long the bus may be quiet before the listener checks the connection: a network that drops packets
/// reports no error.
const PING_AFTER: Duration = Duration::from_secs(15);
/// How long that check may take.
const ANSWER: Duration = Duration::from_secs(3);
/// How long to wait before reconnecting.
const RETRY: Duration = Duration::from_secs(1);

pub(super) async fn publish(pool: &PgPool, event: SessionEvent) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(event.to_line()).execute(pool).await?;
    Ok(())
}

/// Forwards events to the listeners of this process; never returns. Reconnects after a lost connection.
/// Events published in between are lost, so the listeners then get [`BusMessage::Lagged`].
pub(super) async fn listen(pool: PgPool, mut listener: PgListener, listeners: Listeners) {
    loop {
        let Err(error) = forward_events(&mut listener, &listeners).await;
        tracing::warn!(%error, "event bus connection lost");
        listener = loop {
            tokio::time::sleep(RETRY).await;
            match connect(&pool).await {
                Ok(listener) => break listener,
                Err(error) => tracing::debug!(%error, "event bus reconnect failed"),
            }
        };
        listeners.publish(BusMessage::Lagged);
    }
}

async fn connect(pool: &PgPool) -> Result<PgListener, sqlx::Error> {
    let mut listener = PgListener::connect_with(pool).await?;
    listener.listen(CHANNEL).await?;
    Ok(listener)
}

async fn forward_events(
    listener: &mut PgListener,
    listeners: &Listeners,
) -> Result<std::convert::Infallible, sqlx::Error> {
    loop {
        let Ok(heard) = tokio::time::timeout(PING_AFTER, listener.try_recv()).await else {
            let asked = tokio::time::timeout(ANSWER, listener.execute("SELECT 1"));
            asked.await.map_err(|_| sqlx::Error::PoolTimedOut)??;
            continue;
        };
        match heard? {
            Some(notification) => {
                if let Some(event) = SessionEvent::parse(notification.payload()) {
                    listeners.publish(BusMessage::Event(event));
                }
            }
            // The listener lost its connection and has reconnected.
            None => listeners.publish(BusMessage::Lagged),
        }
    }
}
