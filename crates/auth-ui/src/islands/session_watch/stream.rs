//! The one tab of an origin that listens to the server.

use super::browser::Tab;
use crate::watch::News;
use leptos::{ev::Event, prelude::*};
use std::{cell::RefCell, rc::Rc};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{EventSource, MessageEvent};

/// Whoever holds it listens.
const LOCK: &str = "session-events/1";
/// What is passed on. The stream's heartbeats are for the connection only.
const NAMES: [&str; 3] = ["signed_out", "user_changed", "changed"];

/// What is to be given back when the page is put away.
#[derive(Default)]
struct Held {
    stream: Option<EventSource>,
    /// Resolving it gives the lock to the next tab.
    release: Option<js_sys::Function>,
}

/// Waits to become the tab that listens, and listens then. A page in the back/forward cache holds neither
/// lock nor connection; it asks for them again when it comes back.
pub(super) fn lead(tab: Tab) {
    let held = Rc::new(RefCell::new(Held::default()));
    wait_for_lock(&tab, &held);
    {
        let held = held.clone();
        let _ = window_event_listener_untyped("pagehide", move |_: Event| give_back(&held));
    }
    let _ = window_event_listener_untyped("pageshow", move |event: Event| {
        let persisted = js_sys::Reflect::get(&event, &"persisted".into());
        if persisted.is_ok_and(|persisted| persisted.is_truthy()) {
            wait_for_lock(&tab, &held);
        }
    });
}

fn wait_for_lock(tab: &Tab, held: &Rc<RefCell<Held>>) {
    let Some((locks, request)) = lock_manager() else {
        // Missing on plain http that is not this machine. Then each tab listens for itself.
        listen(tab, held);
        return;
    };
    let (tab, held) = (tab.clone(), held.clone());
    let granted = Closure::once_into_js(move |_lock: JsValue| {
        listen(&tab, &held);
        js_sys::Promise::new(&mut |resolve, _reject| held.borrow_mut().release = Some(resolve))
    });
    let _ = request.call2(&locks, &LOCK.into(), &granted);
}

/// `navigator.locks` and its `request`, by name: web-sys counts the Web Locks API as unstable.
fn lock_manager() -> Option<(JsValue, js_sys::Function)> {
    let locks = js_sys::Reflect::get(&window().navigator(), &"locks".into()).ok()?;
    let request = js_sys::Reflect::get(&locks, &"request".into()).ok()?.dyn_into().ok()?;
    Some((locks, request))
}

fn listen(tab: &Tab, held: &Rc<RefCell<Held>>) {
    if !tab.is_live() {
        return;
    }
    let Ok(stream) = EventSource::new("/auth/events") else { return };
    for name in NAMES {
        let (tab, held) = (tab.clone(), held.clone());
        let heard = Closure::<dyn Fn(MessageEvent)>::new(move |event: MessageEvent| {
            if name != "changed" {
                // The last event of a stream; the browser would connect again and be refused.
                close(&held);
            }
            tab.hear_from_server(name, &reason(&event).unwrap_or_default());
        });
        let _ = stream.add_event_listener_with_callback(name, heard.as_ref().unchecked_ref());
        heard.forget();
    }
    let lost = {
        let (tab, stream) = (tab.clone(), stream.clone());
        Closure::<dyn Fn()>::new(move || {
            // A broken connection is made again by itself; a refusal is final, and has a reason.
            if stream.ready_state() == EventSource::CLOSED {
                tab.hear(News::Woke);
            }
        })
    };
    stream.set_onerror(Some(lost.as_ref().unchecked_ref()));
    lost.forget();
    held.borrow_mut().stream = Some(stream);
}

fn reason(event: &MessageEvent) -> Option<String> {
    let data = js_sys::JSON::parse(&event.data().as_string()?).ok()?;
    js_sys::Reflect::get(&data, &"reason".into()).ok()?.as_string()
}

fn close(held: &Rc<RefCell<Held>>) {
    if let Some(stream) = held.borrow_mut().stream.take() {
        stream.close();
    }
}

fn give_back(held: &Rc<RefCell<Held>>) {
    close(held);
    if let Some(release) = held.borrow_mut().release.take() {
        let _ = release.call0(&JsValue::UNDEFINED);
    }
}
