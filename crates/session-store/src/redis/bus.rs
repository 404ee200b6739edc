//! The event bus between processes on one Redis server: publish and subscribe.

use super::{RedisStore, TIMEOUT, ask};
use crate::{BusMessage, EventBus, Listeners, SessionEvent, StoreError};
use ::redis::{AsyncCommands, Client, aio::PubSub};
use async_trait::async_trait;
use futures::StreamExt;
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// How long the bus may be quiet before the listener checks the connection: a network that drops packets
/// reports no error.
const PING_AFTER: Duration = Duration::from_secs(15);
/// How long to wait before reconnecting.
const RETRY: Duration = Duration::from_secs(1);

#[async_trait]
impl EventBus for RedisStore {
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError> {
        ask(self.connection.clone().publish(&*self.channel, event.to_line())).await
    }

    fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.listeners.subscribe()
    }
}

/// Returns a connection that is subscribed to the channel.
pub(super) async fn connect(client: &Client, channel: &str) -> Result<PubSub, StoreError> {
    let connecting = async {
        let mut connection = client.get_async_pubsub().await?;
        connection.subscribe(channel).await?;
        Ok(connection)
    };
    let connected = tokio::time::timeout(TIMEOUT, connecting).await;
    connected.map_err(|_| StoreError("the server does not answer".into()))?
}

/// Forwards events to the listeners of this process; never returns. Reconnects after a lost connection.
/// Events published in between are lost, so the listeners then get [`BusMessage::Lagged`].
pub(super) async fn listen(client: Client, channel: Arc<str>, mut connection: PubSub, listeners: Listeners) {
    loop {
        forward_events(connection, &listeners).await;
        tracing::warn!("event bus connection lost");
        connection = loop {
            match connect(&client, &channel).await {
                Ok(connection) => break connection,
                Err(error) => tracing::debug!(%error, "event bus reconnect failed"),
            }
            tokio::time::sleep(RETRY).await;
        };
        listeners.publish(BusMessage::Lagged);
    }
}

/// Forwards events until the connection is lost.
async fn forward_events(connection: PubSub, listeners: &Listeners) {
    let (mut sink, mut messages) = connection.split();
    loop {
        match tokio::time::timeout(PING_AFTER, messages.next()).await {
            Ok(Some(message)) => {
                let line = message.get_payload::<String>().ok();
                if let Some(event) = line.and_then(|line| SessionEvent::parse(&line)) {
                    listeners.publish(BusMessage::Event(event));
                }
            }
            Ok(None) => return,
            Err(_) => {
                let asked = tokio::time::timeout(TIMEOUT, sink.ping::<::redis::Value>()).await;
                if !matches!(asked, Ok(Ok(_))) {
                    return;
                }
            }
        }
    }
}
