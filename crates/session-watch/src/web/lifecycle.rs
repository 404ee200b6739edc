//! The tab's lifecycle (Page Lifecycle): shown, hidden, frozen, cached, restored and online events, and the
//! one-second tick.

use super::{
    activity,
    listener::{Listener, Timer},
    sink::EventSink,
    window::{document, property, uptime, window},
};
use crate::Event;
use web_sys::EventTarget;

/// The interval between ticks, milliseconds.
const TICK: i32 = 1_000;

/// Listens to lifecycle events and sends the first tick. The returned timer sends the following ticks.
pub(super) fn follow(sink: &EventSink, listeners: &mut Vec<Listener>) -> Timer {
    let (page, tab): (EventTarget, EventTarget) = (document().into(), window().into());
    for (target, name) in [
        (&page, "visibilitychange"),
        (&page, "freeze"),
        (&tab, "pagehide"),
        (&page, "resume"),
        (&tab, "pageshow"),
        (&tab, "online"),
    ] {
        let sink = sink.clone();
        listeners.push(Listener::new(target, name, move |event| {
            if let Some(event) = read(name, &event) {
                sink.send(event);
            }
        }));
    }
    let sink = sink.clone();
    let tick = move || {
        let is_playing = activity::is_playing();
        sink.send(Event::Tick { uptime: uptime(), is_hidden: is_hidden(), is_playing });
    };
    tick();
    Timer::every(TICK, tick)
}

fn read(name: &str, event: &web_sys::Event) -> Option<Event> {
    let is_hidden = is_hidden();
    Some(match name {
        "visibilitychange" if is_hidden => Event::Hidden,
        "visibilitychange" => Event::Shown,
        "freeze" | "pagehide" => Event::Leaving,
        // On the first load, `pageshow` is not a return from the back/forward cache.
        "pageshow" if !property(event, "persisted").is_truthy() => return None,
        "resume" | "pageshow" => Event::Returned { is_hidden },
        _ => Event::Online { is_hidden },
    })
}

pub(super) fn is_hidden() -> bool {
    document().hidden()
}
