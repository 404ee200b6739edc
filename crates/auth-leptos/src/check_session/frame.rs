//! The hidden frame that asks.

use super::Check;
use crate::dom::{self, Listener, document, window};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use web_sys::{HtmlIFrameElement, MessageEvent};

/// The timeout of the frame, milliseconds.
const TIMEOUT: i32 = 5_000;
/// The type of the frame's messages, and the version that this page reads.
const TYPE: &str = "check_session";
const VERSION: f64 = 1.0;

/// The check on this page. On drop it stops: its frame and its listeners are gone.
pub(crate) struct SessionCheck {
    asking: Rc<Asking>,
    _listeners: [Listener; 2],
}

struct Asking {
    check: Cell<Check>,
    frame: RefCell<Option<HtmlIFrameElement>>,
    shows: Box<dyn Fn(Check)>,
}

impl SessionCheck {
    /// Checks now, and when the tab comes to the front. `shows` is called with each new state.
    pub(crate) fn start(shows: impl Fn(Check) + 'static) -> Self {
        let asking = Rc::new(Asking {
            check: Cell::new(Check::Idle),
            frame: RefCell::default(),
            shows: Box::new(shows),
        });
        let on_message = {
            let asking = asking.clone();
            move |event: web_sys::Event| {
                if let Some(answer) = asking.answer(event.unchecked_ref()) {
                    asking.finish(answer);
                }
            }
        };
        let on_front = {
            let asking = asking.clone();
            move |_| {
                if !document().hidden() {
                    asking.ask();
                }
            }
        };
        let listeners = [
            Listener::new(&window(), "message", on_message),
            Listener::new(&window(), "visibilitychange", on_front),
        ];
        asking.ask();
        Self { asking, _listeners: listeners }
    }
}

impl Drop for SessionCheck {
    fn drop(&mut self) {
        self.asking.remove_frame();
    }
}

impl Asking {
    fn ask(self: &Rc<Self>) {
        if !matches!(self.check.get(), Check::Idle | Check::LoginRequired) {
            return;
        }
        let Some(frame) = open() else { return };
        *self.frame.borrow_mut() = Some(frame.clone());
        self.set(Check::Asking);
        let asking = self.clone();
        dom::after(TIMEOUT, move || {
            // Another frame may have replaced this frame in the meantime.
            let is_waiting = asking.frame.borrow().as_ref() == Some(&frame);
            if is_waiting {
                asking.finish(Check::Unavailable);
            }
        });
    }

    fn set(&self, check: Check) {
        self.check.set(check);
        (self.shows)(check);
    }

    fn finish(&self, answer: Check) {
        self.remove_frame();
        self.set(answer);
    }

    fn remove_frame(&self) {
        if let Some(frame) = self.frame.borrow_mut().take() {
            frame.remove();
        }
    }

    /// Reads our frame's answer; `None` for a message of another window, origin, type or version.
    fn answer(&self, event: &MessageEvent) -> Option<Check> {
        let own = self.frame.borrow().as_ref()?.content_window()?;
        if !js_sys::Object::is(&event.source()?.into(), &own)
            || event.origin() != window().location().origin().ok()?
        {
            return None;
        }
        let data = event.data();
        let field = |name: &str| dom::property(&data, name);
        if field("type").as_string()? != TYPE || field("version").as_f64()? != VERSION {
            return None;
        }
        match field("result").as_string()?.as_str() {
            "signed_in" => Some(Check::SignedIn),
            "login_required" => Some(Check::LoginRequired),
            "unavailable" => Some(Check::Unavailable),
            _ => None,
        }
    }
}

fn open() -> Option<HtmlIFrameElement> {
    let frame = dom::hidden_frame("Session check", "/auth/check-session")?;
    document().body()?.append_child(&frame).ok()?;
    Some(frame)
}
