//! The server's event stream (`EventSource`). Only the listening tab of an origin opens the stream.

use super::{listener::Listener, server::times, sink::EventSink, window::property};
use crate::{Event, ServerEvent, StreamKind};
use auth_types::EndReason;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventSource, MessageEvent};

/// An open stream; closed on drop.
pub(super) struct Stream {
    source: EventSource,
    _listeners: Vec<Listener>,
}

impl Stream {
    /// Opens the stream, and listens to its events.
    pub(super) fn open(kind: StreamKind, path: &str, sink: &EventSink) -> Option<Self> {
        let source = EventSource::new(path).ok()?;
        let names: &[&'static str] = match kind {
            StreamKind::Session => &["signed_out", "user_changed", "changed", "heartbeat"],
            StreamKind::Waiting => &["signed_in", "heartbeat"],
        };
        let mut listeners = Vec::new();
        for &name in names {
            let sink = sink.clone();
            listeners.push(Listener::new(&source, name, move |event| {
                let event: MessageEvent = event.unchecked_into();
                let sent = event.last_event_id().parse().unwrap_or_default();
                let data = event.data().as_string().and_then(|data| js_sys::JSON::parse(&data).ok());
                if let Some(event) = read(name, &data.unwrap_or_default()) {
                    sink.send(Event::FromServer { event, sent });
                }
            }));
        }
        listeners.push({
            let (sink, stream) = (sink.clone(), source.clone());
            Listener::new(&source, "error", move |_| {
                // The browser reconnects a broken connection, with the last event's id. A refusal is final.
                if stream.ready_state() == EventSource::CLOSED {
                    sink.send(Event::StreamLost(kind));
                }
            })
        });
        Some(Self { source, _listeners: listeners })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.close();
    }
}

fn read(name: &str, data: &JsValue) -> Option<ServerEvent> {
    let text = |name| property(data, name).as_string();
    Some(match name {
        "heartbeat" => ServerEvent::Heartbeat(times(data)),
        "changed" => ServerEvent::Changed,
        "signed_out" => ServerEvent::SignedOut(text("reason").as_deref().and_then(EndReason::parse)),
        "user_changed" => ServerEvent::UserChanged,
        "signed_in" => ServerEvent::SignedIn { ticket: text("ticket").unwrap_or_default() },
        _ => return None,
    })
}
