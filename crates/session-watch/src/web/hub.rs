//! The parent side of the sync hub (article 4, "create a message listener in the parent app and specify the
//! correct origin"). The leading tab of this origin loads identity's hub page in a hidden frame.

use super::{
    listener::{Listener, after},
    sink::EventSink,
    window::{document, now, property, window},
};
use crate::{Event, machine::rate_limit::RateLimit};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlIFrameElement, MessageEvent};

/// The rate limit for messages from other windows, per [`WINDOW`]; further messages are ignored.
const MESSAGES: u32 = 50;
/// The window of the rate limit, milliseconds.
const WINDOW: i64 = 10_000;
/// The maximum length of a line, characters.
const LONGEST: u32 = 60;

/// The hub in this tab; the frame is removed on drop.
pub(super) struct Hub(Rc<HubInner>);

struct HubInner {
    sink: EventSink,
    origin: String,
    /// The URL of the frame.
    address: String,
    is_wanted: Cell<bool>,
    frame: RefCell<Option<Frame>>,
}

impl Hub {
    /// Creates a hub without a frame. `origin` is the hub's origin, and `path` is the path of the hub's page.
    pub(super) fn new(origin: &str, path: &str, sink: EventSink) -> Self {
        let address = [origin, path].concat();
        Self(Rc::new(HubInner {
            sink,
            origin: origin.to_owned(),
            address,
            is_wanted: Cell::new(false),
            frame: RefCell::new(None),
        }))
    }

    /// Loads the frame when the browser is idle, unless [`unload`](Self::unload) is called first.
    pub(super) fn load(&self) {
        self.0.is_wanted.set(true);
        let place = self.0.clone();
        when_idle(move || {
            if place.is_wanted.get() && place.frame.borrow().is_none() {
                *place.frame.borrow_mut() = Frame::open(&place);
            }
        });
    }

    /// Removes the frame.
    pub(super) fn unload(&self) {
        self.0.is_wanted.set(false);
        drop(self.0.frame.borrow_mut().take());
    }

    /// Sends a line to the hub. The browser delivers the line only if the frame has the hub's origin.
    pub(super) fn post(&self, line: &str) {
        if let Some(frame) = &*self.0.frame.borrow()
            && let Some(target) = frame.element.content_window()
        {
            let _ = target.post_message(&JsValue::from_str(line), &self.0.origin);
        }
    }
}

impl Drop for Hub {
    fn drop(&mut self) {
        self.unload();
    }
}

/// The frame in the page; removed on drop.
struct Frame {
    element: HtmlIFrameElement,
    _listeners: [Listener; 2],
}

impl Frame {
    /// Adds the hidden frame to the page.
    fn open(place: &HubInner) -> Option<Self> {
        let body = document().body()?;
        let element: HtmlIFrameElement = document().create_element("iframe").ok()?.dyn_into().ok()?;
        element.set_title("Sync hub");
        element.set_hidden(true);
        element.set_src(&place.address);
        let loaded = {
            let sink = place.sink.clone();
            Listener::new(&element, "load", move |_| sink.send(Event::HubLoaded))
        };
        let message = {
            let (sink, origin, hub) = (place.sink.clone(), place.origin.clone(), element.clone());
            let rate_limit = RefCell::new(RateLimit::new(MESSAGES, WINDOW));
            Listener::new(&window(), "message", move |event| {
                let event: &MessageEvent = event.unchecked_ref();
                if rate_limit.borrow_mut().take(now()) && is_from(event, &hub, &origin) {
                    let line = event.data().dyn_into::<js_sys::JsString>().ok();
                    let line = line.filter(|line| line.length() <= LONGEST).map(String::from);
                    sink.send(Event::FromHub(line.unwrap_or_default()));
                }
            })
        };
        body.append_child(&element).ok()?;
        Some(Self { element, _listeners: [loaded, message] })
    }
}

impl Drop for Frame {
    fn drop(&mut self) {
        self.element.remove();
    }
}

/// Returns whether a message comes from the hub's frame and origin.
fn is_from(event: &MessageEvent, hub: &HtmlIFrameElement, origin: &str) -> bool {
    let source = hub.content_window();
    source.is_some_and(|source| event.source().is_some_and(|from| from == *source.as_ref()))
        && event.origin() == origin
}

/// Calls `does` when the browser is idle; without `requestIdleCallback` (Safari), after 200 ms.
fn when_idle(does: impl FnOnce() + 'static) {
    match property(&window(), "requestIdleCallback").dyn_into::<js_sys::Function>() {
        Ok(request) => drop(request.call1(&window(), &Closure::once_into_js(does))),
        Err(_) => after(200, does),
    }
}
