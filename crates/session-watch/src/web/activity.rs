//! Detects user activity: pointer, keys, scrolling, touch, and media that play in a visible tab.

use super::{
    listener::Listener,
    sink::EventSink,
    window::{document, now, property},
};
use crate::Event;
use std::{cell::Cell, rc::Rc};

const SIGNS: [&str; 6] = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"];
/// A moving pointer causes an event every few milliseconds; the tab uses one per this many milliseconds.
const SPARSE: i64 = 250;

/// Sends [`Event::Acted`] when the user is active in the page.
pub(super) fn listen(sink: &EventSink, listeners: &mut Vec<Listener>) {
    let looked_at = Rc::new(Cell::new(0));
    for sign in SIGNS {
        let (sink, looked_at) = (sink.clone(), looked_at.clone());
        listeners.push(Listener::passive(&document(), sign, move |event| {
            let now = now();
            // A trusted event comes from the user, not from a script.
            if event.is_trusted() && !(looked_at.get()..looked_at.get() + SPARSE).contains(&now) {
                looked_at.set(now);
                sink.send(Event::Acted);
            }
        }));
    }
}

/// Returns whether a video or audio element plays in a visible tab.
pub(super) fn is_playing() -> bool {
    if document().hidden() {
        return false;
    }
    let Ok(media) = document().query_selector_all("video, audio") else { return false };
    (0..media.length()).filter_map(|index| media.item(index)).any(|media| {
        let is = |name: &str| property(&media, name).is_truthy();
        !is("paused") && !is("ended")
    })
}
