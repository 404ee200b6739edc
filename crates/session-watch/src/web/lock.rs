//! The lock that the leading tab holds (Web Locks API). The code calls the API by name, because web-sys marks
//! it as unstable.

use super::{
    sink::EventSink,
    window::{property, window},
};
use crate::Event;
use js_sys::{Function, Object, Promise, Reflect};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use wasm_bindgen_futures::{JsFuture, spawn_local};
use web_sys::AbortController;

/// The tab that holds this lock leads.
const NAME: &str = "session-leader/2";

/// This tab's handle to the lock. On drop, the tab releases the lock and leaves the queue.
pub(super) struct LeaderLock {
    sink: EventSink,
    request: Rc<LockRequest>,
}

#[derive(Default)]
struct LockRequest {
    /// Resolves the promise that holds the lock, so the next tab gets the lock.
    held: RefCell<Option<Function>>,
    /// Aborts the queued request.
    queued: RefCell<Option<AbortController>>,
    /// The watch has stopped: a lock that is granted now is released at once.
    is_over: Cell<bool>,
}

impl LeaderLock {
    pub(super) fn new(sink: EventSink) -> Self {
        Self { sink, request: Rc::default() }
    }

    /// Queues for the lock.
    pub(super) fn queue(&self) {
        if self.request.queued.borrow().is_some() {
            return;
        }
        let options = Object::new();
        let Ok(controller) = AbortController::new() else { return };
        let _ = Reflect::set(&options, &"signal".into(), &controller.signal());
        *self.request.queued.borrow_mut() = Some(controller);
        if !self.request(&options, true) {
            // Browsers offer no locks over plain http, except on localhost. Without locks, every tab leads.
            self.sink.send(Event::LockGranted);
        }
    }

    /// Steals the lock from the tab that holds it.
    pub(super) fn take_over(&self) {
        let options = Object::new();
        let _ = Reflect::set(&options, &"steal".into(), &JsValue::TRUE);
        self.request(&options, false);
    }

    /// Releases the lock, and leaves the queue.
    pub(super) fn release(&self) {
        let (held, queued) = (self.request.held.borrow_mut().take(), self.request.queued.borrow_mut().take());
        if let Some(release) = held {
            let _ = release.call0(&JsValue::UNDEFINED);
        }
        if let Some(controller) = queued {
            controller.abort();
        }
    }

    /// Requests the lock. Returns `false` if the request fails, for example without a lock manager.
    fn request(&self, options: &Object, is_queued: bool) -> bool {
        let Some((locks, request)) = lock_manager() else { return false };
        let is_held = Rc::new(Cell::new(false));
        let granted = {
            let (sink, request, is_held) = (self.sink.clone(), self.request.clone(), is_held.clone());
            Closure::once_into_js(move |_lock: JsValue| {
                if request.is_over.get() {
                    return JsValue::UNDEFINED;
                }
                let promise =
                    Promise::new(&mut |resolve, _reject| *request.held.borrow_mut() = Some(resolve));
                if is_queued {
                    request.queued.borrow_mut().take();
                }
                is_held.set(true);
                sink.send(Event::LockGranted);
                promise.into()
            })
        };
        let Ok(asked) = request.call3(&locks, &NAME.into(), options, &granted) else { return false };
        let sink = self.sink.clone();
        spawn_local(async move {
            // The promise of the request resolves when this tab releases the lock. The promise rejects when
            // another tab steals the lock, or when this tab leaves the queue.
            let outcome = JsFuture::from(Promise::resolve(&asked)).await;
            if outcome.is_err() && is_held.get() {
                sink.send(Event::LockLost);
            }
        });
        true
    }
}

impl Drop for LeaderLock {
    fn drop(&mut self) {
        self.request.is_over.set(true);
        self.release();
    }
}

fn lock_manager() -> Option<(JsValue, Function)> {
    let locks = property(&window().navigator(), "locks");
    let request = property(&locks, "request").dyn_into().ok()?;
    Some((locks, request))
}
