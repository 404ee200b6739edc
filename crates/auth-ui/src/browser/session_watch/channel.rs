//! What the tabs of this origin say to each other (see [`message`](session_watch::message)).

use super::{clock::now, watcher::Watcher};
use crate::{
    browser::dom::callback,
    tab::message::{CHANNEL, LONGEST, Message},
};
use std::cell::RefCell;
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{BroadcastChannel, MessageEvent};

/// The channel, while it is open. A page in the back/forward cache must not have one: a message to it would
/// throw the page out.
#[derive(Default)]
pub(super) struct Channel(RefCell<Option<BroadcastChannel>>);

impl Channel {
    /// Begins to listen. In a browser without it each tab is alone, and asks the server for itself.
    pub(super) fn open(&self, watcher: &Watcher) {
        if self.0.borrow().is_some() {
            return;
        }
        let Ok(channel) = BroadcastChannel::new(CHANNEL) else { return };
        let watcher = watcher.clone();
        let heard = callback(move |event| {
            let event: MessageEvent = event.unchecked_into();
            let line = event.data().dyn_into::<js_sys::JsString>().ok();
            // Its length first: what is too long is not even copied.
            let line = line.filter(|line| line.length() as usize <= LONGEST).map(String::from);
            watcher.hear_line(line.as_deref().and_then(Message::parse));
        });
        channel.set_onmessage(Some(&heard));
        *self.0.borrow_mut() = Some(channel);
    }

    /// Stops listening.
    pub(super) fn close(&self) {
        if let Some(channel) = self.0.borrow_mut().take() {
            channel.close();
        }
    }

    /// Says something to all other tabs.
    pub(super) fn post(&self, kind: &str, detail: &str) {
        if let Some(channel) = &*self.0.borrow() {
            let line = Message { kind, sent: now(), detail }.line();
            let _ = channel.post_message(&JsValue::from_str(&line));
        }
    }
}
