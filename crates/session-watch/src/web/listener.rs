//! Event listeners and timers that stop on drop.

use super::window::window;
use js_sys::Function;
use wasm_bindgen::{JsCast, closure::Closure};
use web_sys::{AddEventListenerOptions, Event, EventTarget};

/// A listener for the events of one name; removed on drop.
pub(super) struct Listener {
    target: EventTarget,
    name: &'static str,
    callback: Closure<dyn Fn(Event)>,
    is_capturing: bool,
}

impl Listener {
    pub(super) fn new(target: &EventTarget, name: &'static str, does: impl Fn(Event) + 'static) -> Self {
        Self::add(target, name, false, Closure::new(does))
    }

    /// Adds a passive, capturing listener, which runs before the page's listeners and never delays the event.
    pub(super) fn passive(target: &EventTarget, name: &'static str, does: impl Fn(Event) + 'static) -> Self {
        Self::add(target, name, true, Closure::new(does))
    }

    fn add(
        target: &EventTarget,
        name: &'static str,
        is_passive: bool,
        callback: Closure<dyn Fn(Event)>,
    ) -> Self {
        let options = AddEventListenerOptions::new();
        options.set_passive(is_passive);
        options.set_capture(is_passive);
        let function = callback.as_ref().unchecked_ref();
        let _ =
            target.add_event_listener_with_callback_and_add_event_listener_options(name, function, &options);
        Self { target: target.clone(), name, callback, is_capturing: is_passive }
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        let function = self.callback.as_ref().unchecked_ref();
        let _ =
            self.target.remove_event_listener_with_callback_and_bool(self.name, function, self.is_capturing);
    }
}

/// A repeating timer; stopped on drop.
pub(super) struct Timer {
    id: Option<i32>,
    _callback: Closure<dyn Fn()>,
}

impl Timer {
    pub(super) fn every(milliseconds: i32, does: impl Fn() + 'static) -> Self {
        let callback = Closure::<dyn Fn()>::new(does);
        let function = callback.as_ref().unchecked_ref();
        let id = window().set_interval_with_callback_and_timeout_and_arguments_0(function, milliseconds);
        Self { id: id.ok(), _callback: callback }
    }
}

impl Drop for Timer {
    fn drop(&mut self) {
        if let Some(id) = self.id {
            window().clear_interval_with_handle(id);
        }
    }
}

/// Calls `does` once, after this many milliseconds.
pub(super) fn after(milliseconds: i32, does: impl FnOnce() + 'static) {
    let does: Function = Closure::once_into_js(does).unchecked_into();
    let _ = window().set_timeout_with_callback_and_timeout_and_arguments_0(&does, milliseconds);
}
