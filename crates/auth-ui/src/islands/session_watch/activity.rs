//! What counts as the user being there: pointer, keys, scrolling, touch, and media that play in a tab one can
//! see.

use super::{clock::now, watcher::Watcher};
use crate::tab::idle::Event;
use leptos::prelude::document;
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::AddEventListenerOptions;

const SIGNS: [&str; 6] = ["pointerdown", "pointermove", "keydown", "wheel", "touchstart", "scroll"];
/// A hand on the mouse is an event each few milliseconds: one in so many is looked at.
const SPARSE: i64 = 250;

/// Listens to the page, without being in its way.
pub(super) fn listen(watcher: &Watcher) {
    let looked_at = Rc::new(Cell::new(0));
    let watcher = watcher.clone();
    let acted = Closure::<dyn Fn(web_sys::Event)>::new(move |event: web_sys::Event| {
        let now = now();
        // What a script did is not the user's.
        if event.is_trusted() && !(looked_at.get()..looked_at.get() + SPARSE).contains(&now) {
            looked_at.set(now);
            watcher.idle(Event::Acted);
        }
    })
    .into_js_value();
    let options = AddEventListenerOptions::new();
    options.set_passive(true);
    options.set_capture(true);
    for sign in SIGNS {
        let _ = document().add_event_listener_with_callback_and_add_event_listener_options(
            sign,
            acted.unchecked_ref(),
            &options,
        );
    }
}

/// Whether something plays where the user can see it.
pub(super) fn is_watching() -> bool {
    if document().hidden() {
        return false;
    }
    let Ok(media) = document().query_selector_all("video, audio") else { return false };
    (0..media.length()).filter_map(|index| media.item(index)).any(|element| {
        let is =
            |name: &str| js_sys::Reflect::get(&element, &name.into()).is_ok_and(|value| value.is_truthy());
        !is("paused") && !is("ended")
    })
}
