//! The messages between the tabs of this origin (`BroadcastChannel`).

use super::{listener::Listener, sink::EventSink};
use crate::Event;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

/// The name contains the version, so tabs of different versions exchange no messages.
const NAME: &str = "session/2";
/// The maximum length of a line, characters; a longer line is ignored.
const LONGEST: u32 = 300;

/// The channel to the other tabs; closed on drop.
pub(super) struct Channel {
    sink: EventSink,
    open: RefCell<Option<(BroadcastChannel, Listener)>>,
}

impl Channel {
    pub(super) fn new(sink: EventSink) -> Self {
        Self { sink, open: RefCell::new(None) }
    }

    /// Starts to listen. Without `BroadcastChannel`, each tab relies on the server alone.
    pub(super) fn open(&self) {
        if self.open.borrow().is_some() {
            return;
        }
        let Ok(channel) = BroadcastChannel::new(NAME) else { return };
        let sink = self.sink.clone();
        let listener = Listener::new(&channel, "message", move |event| {
            let event: MessageEvent = event.unchecked_into();
            let line = event.data().dyn_into::<js_sys::JsString>().ok();
            // Check the length first, so that a longer line is not copied.
            let line = line.filter(|line| line.length() <= LONGEST).map(String::from);
            sink.send(Event::FromTab(line.unwrap_or_default()));
        });
        *self.open.borrow_mut() = Some((channel, listener));
    }

    /// Stops listening.
    pub(super) fn close(&self) {
        if let Some((channel, _)) = self.open.borrow_mut().take() {
            channel.close();
        }
    }

    /// Sends a line to all other tabs.
    pub(super) fn post(&self, line: &str) {
        if let Some((channel, _)) = &*self.open.borrow() {
            let _ = channel.post_message(&JsValue::from_str(line));
        }
    }
}

impl Drop for Channel {
    fn drop(&mut self) {
        self.close();
    }
}
