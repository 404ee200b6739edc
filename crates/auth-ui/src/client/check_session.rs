//! Article 3's `checkSession`: a page that is open to everybody notices that its visitor is signed in at the
//! provider, without leaving it. The hidden frame goes to `GET /auth/check-session`. Where browsers block
//! the question, nothing happens.
//!
//! What it may come to say is the component [`CheckSession`](crate::CheckSession).

use super::dom::{self, document, window};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlIFrameElement, MessageEvent};

/// How long the frame may take, milliseconds.
const PATIENCE: i32 = 5_000;
/// What the frame's messages are called, and the version this page understands.
const TYPE: &str = "check_session";
const VERSION: f64 = 1.0;

/// What is known about the visitor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Check {
    /// Nobody was asked yet.
    Idle,
    /// The frame is on its way.
    Asking,
    /// The visitor has a session now.
    SignedIn,
    /// The provider knows nobody in this browser.
    LoginRequired,
    /// Nobody can say: blocked cookies, a slow provider. This page does not ask again.
    Unavailable,
}

impl Check {
    /// For `data-check`.
    fn as_str(self) -> &'static str {
        match self {
            Self::Idle => "idle",
            Self::Asking => "asking",
            Self::SignedIn => "signed_in",
            Self::LoginRequired => "login_required",
            Self::Unavailable => "unavailable",
        }
    }

    /// Whether coming to the front is a reason to ask again.
    fn may_ask(self) -> bool {
        matches!(self, Self::Idle | Self::LoginRequired)
    }
}

/// The page's part of it.
struct Asking {
    place: Element,
    check: Cell<Check>,
    frame: RefCell<Option<HtmlIFrameElement>>,
}

/// Asks once the page is there, and when it comes to the front.
pub(super) fn start() {
    let Some(place) = dom::find::<Element>("[data-check]") else { return };
    let asking = Rc::new(Asking { place, check: Cell::new(Check::Idle), frame: RefCell::default() });
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

fn ask(asking: &Rc<Asking>) {
    if !asking.check.get().may_ask() {
        return;
    }
    let Some(frame) = open() else { return };
    *asking.frame.borrow_mut() = Some(frame.clone());
    asking.set(Check::Asking);
    let asking = asking.clone();
    dom::after(PATIENCE, move || {
        // By now it may be another frame's turn.
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

impl Asking {
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

    /// What our frame says; `None` for every message of another window, origin, kind or version.
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
