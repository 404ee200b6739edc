//! The bus between processes on one Redis: publish and subscribe.

use super::{RedisStore, TIMEOUT, ask};
use crate::{BusMessage, EventBus, Listeners, SessionEvent, StoreError};
use ::redis::{AsyncCommands, Client, aio::PubSub};
use async_trait::async_trait;
use futures::StreamExt;
use std::{sync::Arc, time::Duration};
use tokio::sync::broadcast;

/// How long it may be quiet before we ask whether the connection is still there: a network that drops
/// packets tells nobody.
const QUIET: Duration = Duration::from_secs(15);
/// How long to wait before connecting again.
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

/// A connection that listens already.
pub(super) async fn connect(client: &Client, channel: &str) -> Result<PubSub, StoreError> {
    let connecting = async {
        let mut connection = client.get_async_pubsub().await?;
        connection.subscribe(channel).await?;
        Ok(connection)
    };
    let connected = tokio::time::timeout(TIMEOUT, connecting).await;
    connected.map_err(|_| StoreError("the server does not answer".into()))?
}

/// Listens for ever, and tells the listeners of this process. A lost connection is made again; whatever
/// was said meanwhile is lost, so they are told of a gap once we listen again.
pub(super) async fn listen(client: Client, channel: Arc<str>, mut connection: PubSub, listeners: Listeners) {
    loop {
        forward(connection, &listeners).await;
        tracing::warn!("the event bus lost its connection");
        connection = loop {
            match connect(&client, &channel).await {
                Ok(connection) => break connection,
                Err(error) => tracing::debug!(%error, "the event bus has no connection yet"),
            }
            tokio::time::sleep(RETRY).await;
        };
        listeners.publish(BusMessage::Lagged);
    }
}

/// Returns when the connection is lost.
async fn forward(connection: PubSub, listeners: &Listeners) {
    let (mut sink, mut messages) = connection.split();
    loop {
        match tokio::time::timeout(QUIET, messages.next()).await {
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
