//! The bus between processes on one PostgreSQL database: `NOTIFY` and `LISTEN`.

use crate::{BusMessage, Listeners, SessionEvent, StoreError};
use sqlx::{Executor, PgPool, postgres::PgListener};
use std::time::Duration;

/// Channels belong to a database, so stores in different databases do not hear each other.
pub(super) const CHANNEL: &str = "auth_session_events";
/// How long it may be quiet before we ask whether the connection is still there: a network that drops
/// packets tells nobody.
const QUIET: Duration = Duration::from_secs(15);
/// How long that question may take.
const ANSWER: Duration = Duration::from_secs(3);
/// How long to wait before connecting again.
const RETRY: Duration = Duration::from_secs(1);

pub(super) async fn publish(pool: &PgPool, event: SessionEvent) -> Result<(), StoreError> {
    sqlx::query("SELECT pg_notify($1, $2)").bind(CHANNEL).bind(event.to_line()).execute(pool).await?;
    Ok(())
}

/// Listens for ever, and tells the listeners of this process. A lost connection is made again; whatever
/// was said meanwhile is lost, so they are told of a gap once we listen again.
pub(super) async fn listen(pool: PgPool, mut listener: PgListener, listeners: Listeners) {
    loop {
        let Err(error) = forward(&mut listener, &listeners).await;
        tracing::warn!(%error, "the event bus lost its connection");
        listener = loop {
            tokio::time::sleep(RETRY).await;
            match connect(&pool).await {
                Ok(listener) => break listener,
                Err(error) => tracing::debug!(%error, "the event bus has no connection yet"),
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

async fn forward(
    listener: &mut PgListener,
    listeners: &Listeners,
) -> Result<std::convert::Infallible, sqlx::Error> {
    loop {
        let Ok(heard) = tokio::time::timeout(QUIET, listener.try_recv()).await else {
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
            // It lost its connection and has made another by now.
            None => listeners.publish(BusMessage::Lagged),
        }
    }
}
