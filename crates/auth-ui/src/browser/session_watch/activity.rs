//! What counts as the user being there: pointer, keys, scrolling, touch, and media that play in a tab one can
//! see.

use super::{clock::now, watcher::Watcher};
use crate::{
    browser::dom::{callback, document, find_all, property},
    tab::idle::Event,
};
use std::{cell::Cell, rc::Rc};
use web_sys::AddEventListenerOptions;

const SIGNS: [&str; 6] = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"];
/// A hand on the mouse is an event each few milliseconds: one in so many is looked at.
const SPARSE: i64 = 250;

/// Listens to the page, without being in its way.
pub(super) fn listen(watcher: &Watcher) {
    let looked_at = Rc::new(Cell::new(0));
    let watcher = watcher.clone();
    let acted = callback(move |event| {
        let now = now();
        // What a script did is not the user's.
        if event.is_trusted() && !(looked_at.get()..looked_at.get() + SPARSE).contains(&now) {
            looked_at.set(now);
            watcher.idle(Event::Acted);
        }
    });
    let options = AddEventListenerOptions::new();
    options.set_passive(true);
    options.set_capture(true);
    for sign in SIGNS {
        let _ = document()
            .add_event_listener_with_callback_and_add_event_listener_options(sign, &acted, &options);
    }
}

/// Whether something plays where the user can see it.
pub(super) fn is_watching() -> bool {
    if document().hidden() {
        return false;
    }
    let Some(body) = document().body() else { return false };
    find_all(&body, "video, audio").iter().any(|media| {
        let is = |name: &str| property(media, name).is_truthy();
        !is("paused") && !is("ended")
    })
}
