//! Session check on a public page (article 3, `checkSession`): finds out whether the visitor is signed in at
//! the provider, without leaving the page. A hidden frame loads `GET /auth/check-session`. If the browser
//! blocks the check, nothing happens.
//!
//! The markup is the component [`CheckSession`](crate::CheckSession).

use super::dom::{self, document, window};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlIFrameElement, MessageEvent};

/// The timeout of the frame, milliseconds.
const TIMEOUT: i32 = 5_000;
/// The type of the frame's messages, and the version that this page reads.
const TYPE: &str = "check_session";
const VERSION: f64 = 1.0;

/// The state of the check.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// The check has not started.
    Idle,
    /// The page waits for the frame's answer.
    Asking,
    /// The silent sign-in succeeded: this app now has a session for the visitor.
    SignedIn,
    /// The provider has no signed-in user in this browser.
    LoginRequired,
    /// The check failed: blocked cookies, or a slow provider. This page does not check again.
    Unavailable,
}

impl Check {
    /// Returns the value of `data-check`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Asking => "asking",
            Self::SignedIn => "signed_in",
            Self::LoginRequired => "login_required",
            Self::Unavailable => "unavailable",
        }
    }

    /// Returns whether the page checks when the tab comes to the front.
    fn may_ask(self) -> bool {
        matches!(self, Self::Idle | Self::LoginRequired)
    }
}

/// The check on this page: its element, its state and its frame.
struct SessionCheck {
    place: Element,
    check: Cell<Check>,
    frame: RefCell<Option<HtmlIFrameElement>>,
}

/// Checks now, and when the tab comes to the front.
pub(super) fn start() {
    let Some(place) = dom::find::<Element>("[data-check]") else { return };
    let asking = Rc::new(SessionCheck { place, check: Cell::new(Check::Idle), frame: RefCell::default() });
    {
        let asking = asking.clone();
        dom::on(&window(), "message", move |event| {
            if let Some(answer) = asking.answer(event.unchecked_ref()) {
                asking.finish(answer);
            }
        });
    }
    {
        let asking = asking.clone();
        dom::on(&window(), "visibilitychange", move |_| {
            if !document().hidden() {
                ask(&asking);
            }
        });
    }
    ask(&asking);
}

fn ask(asking: &Rc<SessionCheck>) {
    if !asking.check.get().may_ask() {
        return;
    }
    let Some(frame) = open() else { return };
    *asking.frame.borrow_mut() = Some(frame.clone());
    asking.set(Check::Asking);
    let asking = asking.clone();
    dom::after(TIMEOUT, move || {
        // Another frame may have replaced this frame in the meantime.
        let is_waiting = asking.frame.borrow().as_ref() == Some(&frame);
        if is_waiting {
            asking.finish(Check::Unavailable);
        }
    });
}

fn open() -> Option<HtmlIFrameElement> {
    let frame = dom::hidden_frame("Session check", "/auth/check-session")?;
    document().body()?.append_child(&frame).ok()?;
    Some(frame)
}

impl SessionCheck {
    fn set(&self, check: Check) {
        self.check.set(check);
        let _ = self.place.set_attribute("data-check", check.as_str());
    }

    fn finish(&self, answer: Check) {
        if let Some(frame) = self.frame.borrow_mut().take() {
            frame.remove();
        }
        self.set(answer);
        dom::show(&self.place, (answer == Check::SignedIn).then_some("check-session"));
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
