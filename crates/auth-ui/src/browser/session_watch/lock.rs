//! The lock that the leading tab holds (Web Locks API), by name: web-sys counts that API as unstable.

use super::watcher::Watcher;
use crate::{
    browser::dom::{property, window},
    tab::leadership::Event,
};
use js_sys::{Function, Object, Promise, Reflect};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

/// Whoever holds it leads.
const NAME: &str = "session-leader/2";

/// What this tab has of the lock.
#[derive(Default)]
pub(super) struct Lock {
    /// Resolving it gives the lock to the next tab.
    held: Rc<RefCell<Option<Function>>>,
    /// Gives up the place in the queue.
    queued: Rc<RefCell<Option<AbortController>>>,
}

impl Lock {
    /// Waits in the queue.
    pub(super) fn queue(&self, watcher: &Watcher) {
        if self.queued.borrow().is_some() {
            return;
        }
        let options = Object::new();
        let Ok(controller) = AbortController::new() else { return };
        let _ = Reflect::set(&options, &"signal".into(), &controller.signal());
        *self.queued.borrow_mut() = Some(controller);
        if !self.request(watcher, &options, true) {
            // Plain http that is not this machine: then each tab leads itself.
            watcher.lead(Event::Granted);
        }
    }

    /// Takes it, whoever holds it.
    pub(super) fn steal(&self, watcher: &Watcher) {
        let options = Object::new();
        let _ = Reflect::set(&options, &"steal".into(), &JsValue::TRUE);
        self.request(watcher, &options, false);
    }

    /// Gives back the lock and the place in the queue.
    pub(super) fn release(&self) {
        let (held, queued) = (self.held.borrow_mut().take(), self.queued.borrow_mut().take());
        if let Some(release) = held {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
        if let Some(controller) = queued {
            controller.abort();
        }
    }

    /// Asks for the lock; `false` when there is none to be had.
    fn request(&self, watcher: &Watcher, options: &Object, is_queued: bool) -> bool {
        let Some((locks, request)) = lock_manager() else { return false };
        let is_held = Rc::new(Cell::new(false));
        let granted = {
            let (watcher, is_held) = (watcher.clone(), is_held.clone());
            let (held, queued) = (self.held.clone(), self.queued.clone());
            Closure::once_into_js(move |_lock: JsValue| {
                let promise = Promise::new(&mut |resolve, _reject| *held.borrow_mut() = Some(resolve));
                if is_queued {
                    queued.borrow_mut().take();
                }
                is_held.set(true);
                watcher.lead(Event::Granted);
                promise
            })
        };
        let Ok(asked) = request.call3(&locks, &NAME.into(), options, &granted) else { return false };
        let watcher = watcher.clone();
        spawn_local(async move {
            // Given back, it resolves; taken away, it does not. Neither does a place given up in the queue.
            let outcome = JsFuture::from(Promise::resolve(&asked)).await;
            if outcome.is_err() && is_held.get() {
                watcher.lead(Event::Lost);
            }
        });
        true
    }
}

fn lock_manager() -> Option<(JsValue, Function)> {
    let locks = property(&window().navigator(), "locks");
    let request = property(&locks, "request").dyn_into().ok()?;
    Some((locks, request))
}
