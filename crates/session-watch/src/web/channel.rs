//! What the tabs of this origin say to each other (`BroadcastChannel`).

use super::{listener::Listener, sink::EventSink};
use crate::Event;
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

/// The name holds the version, so tabs of two versions do not hear each other.
const NAME: &str = "session/2";
/// A longer line is ignored, characters.
const LONGEST: u32 = 300;

/// The channel, while it is open; dropping it closes it.
pub(super) struct Channel {
    sink: EventSink,
    open: RefCell<Option<(BroadcastChannel, Listener)>>,
}

impl Channel {
    pub(super) fn new(sink: EventSink) -> Self {
        Self { sink, open: RefCell::new(None) }
    }

    /// Begins to listen. A browser without the channel lets each tab ask the server alone.
    pub(super) fn open(&self) {
        if self.open.borrow().is_some() {
            return;
        }
        let Ok(channel) = BroadcastChannel::new(NAME) else { return };
        let sink = self.sink.clone();
        let listener = Listener::new(&channel, "message", move |event| {
            let event: MessageEvent = event.unchecked_into();
            let line = event.data().dyn_into::<js_sys::JsString>().ok();
            // The length first: a longer line is not even copied.
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
