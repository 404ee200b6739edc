//! `GET /auth/events` in the one tab of an origin that listens.

use super::watcher::Watcher;
use crate::browser::dom::{callback, on};
use wasm_bindgen::JsCast;
use web_sys::{EventSource, MessageEvent};

/// What a stream is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// The session of this page.
    Session,
    /// This browser, while nobody is signed in: whether somebody signs in elsewhere.
    Waiting,
}

impl Kind {
    /// Its name on `/session`.
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Session => "session",
            Self::Waiting => "waiting",
        }
    }

    fn path(self) -> &'static str {
        match self {
            Self::Session => "/auth/events",
            Self::Waiting => "/auth/events?waiting",
        }
    }

    /// The events that are looked at.
    fn names(self) -> &'static [&'static str] {
        match self {
            Self::Session => &["signed_out", "user_changed", "changed", "heartbeat"],
            Self::Waiting => &["signed_in", "heartbeat"],
        }
    }
}

/// An open stream; dropping it closes it.
pub(super) struct Stream {
    pub(super) kind: Kind,
    source: EventSource,
}

impl Stream {
    /// Begins to listen.
    pub(super) fn open(kind: Kind, watcher: &Watcher) -> Option<Self> {
        let source = EventSource::new(kind.path()).ok()?;
        for name in kind.names() {
            let watcher = watcher.clone();
            on(&source, name, move |event| {
                let event: MessageEvent = event.unchecked_into();
                let sent = event.last_event_id().parse().unwrap_or_default();
                let data = event.data().as_string().and_then(|data| js_sys::JSON::parse(&data).ok());
                watcher.hear_server(name, sent, &data.unwrap_or_default());
            });
        }
        let lost = {
            let (watcher, source) = (watcher.clone(), source.clone());
            callback(move |_| {
                // A broken connection is made again by itself, with the last event's id; a refusal is final.
                if source.ready_state() == EventSource::CLOSED {
                    watcher.lost_stream(kind);
                }
            })
        };
        source.set_onerror(Some(&lost));
        Some(Self { kind, source })
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.source.set_onerror(None);
        self.source.close();
    }
}
