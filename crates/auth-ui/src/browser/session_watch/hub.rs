//! The parent's side of the sync hub (article 4, "create a message listener in the parent app and specify the
//! correct origin"): a hidden frame of identity's, in the one tab of this origin that acts.
//!
//! It is loaded when the browser has nothing better to do, and given up where its storage is blocked or
//! partitioned. What it says is a hint; the server is asked.

use super::watcher::Watcher;
use crate::{
    browser::dom::{after, document, hidden_frame, on, property, window},
    tab::allowance::Allowance,
};
use std::cell::{Cell, RefCell};
use wasm_bindgen::{JsCast, JsValue, closure::Closure};
use web_sys::{HtmlIFrameElement, MessageEvent};

/// The version of the messages; see `hub.js`.
const VERSION: &str = "hub/1";
/// So many messages of the hub are looked at, in ten seconds.
const MESSAGES: u32 = 50;
const SPAN: i64 = 10_000;
/// A line is shorter than this.
const LONGEST: u32 = 60;

/// What is known of the hub, in the words of `/session`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    /// This app has none: identity is on another site, or the app has no identity.
    None,
    /// The tab that acts has it.
    Elsewhere,
    /// Not loaded yet, or it has not answered.
    Asked,
    /// It answers.
    Ready,
    /// It stepped aside: its storage is blocked or partitioned.
    Aside,
}

impl Standing {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::None => "none",
            Self::Elsewhere => "elsewhere",
            Self::Asked => "asked",
            Self::Ready => "ready",
            Self::Aside => "aside",
        }
    }
}

/// The hub as this tab has it.
pub(super) struct Hub {
    origin: Option<String>,
    frame: RefCell<Option<HtmlIFrameElement>>,
    standing: Cell<Standing>,
    /// What this app said last.
    said: Cell<Option<bool>>,
    is_listening: Cell<bool>,
}

impl Hub {
    pub(super) fn new(origin: Option<String>) -> Self {
        let standing = if origin.is_some() { Standing::Elsewhere } else { Standing::None };
        Self {
            origin,
            frame: RefCell::new(None),
            standing: Cell::new(standing),
            said: Cell::new(None),
            is_listening: Cell::new(false),
        }
    }

    pub(super) fn standing(&self) -> Standing {
        self.standing.get()
    }

    /// Loads the frame, later, where this tab acts; gives it up where it does not any more.
    pub(super) fn sync(&self, watcher: &Watcher, acts: bool) {
        let standing = self.standing.get();
        if acts && standing == Standing::Elsewhere {
            self.standing.set(Standing::Asked);
            let watcher = watcher.clone();
            when_idle(move || watcher.load_hub());
        } else if !acts && matches!(standing, Standing::Asked | Standing::Ready) {
            if let Some(frame) = self.frame.borrow_mut().take() {
                frame.remove();
            }
            self.said.set(None);
            self.standing.set(Standing::Elsewhere);
        }
    }

    /// Puts the frame into the page, out of sight and out of reach.
    pub(super) fn load(&self, watcher: &Watcher) {
        let Some(origin) = self.origin.clone().filter(|_| self.standing.get() == Standing::Asked) else {
            return;
        };
        if self.frame.borrow().is_some() {
            return;
        }
        let frame = hidden_frame("Sync hub", &[&origin, "/hub"].concat());
        let Some((frame, body)) = frame.zip(document().body()) else { return };
        if !self.is_listening.replace(true) {
            listen(watcher);
        }
        {
            let watcher = watcher.clone();
            on(&frame, "load", move |_| watcher.greet_hub());
        }
        let _ = body.append_child(&frame);
        *self.frame.borrow_mut() = Some(frame);
    }

    /// Says something to the hub, and to nobody else: the browser compares the origin.
    pub(super) fn post(&self, line: &str) {
        if let (Some(origin), Some(frame)) = (&self.origin, &*self.frame.borrow())
            && let Some(target) = frame.content_window()
        {
            let line = [VERSION, " ", line].concat();
            let _ = target.post_message(&JsValue::from_str(&line), origin);
        }
    }

    /// Tells the hub whether this app has a session, once each time that changes.
    pub(super) fn say(&self, is_signed_in: bool) {
        if self.standing.get() == Standing::Ready
            && self.said.replace(Some(is_signed_in)) != Some(is_signed_in)
        {
            self.post(if is_signed_in { "set in" } else { "set out" });
        }
    }

    /// Whether a message is the hub's: from its frame and its origin.
    fn is_from(&self, event: &MessageEvent) -> bool {
        let source = self.frame.borrow().as_ref().and_then(HtmlIFrameElement::content_window);
        let is_source =
            source.is_some_and(|source| event.source().is_some_and(|from| from == *source.as_ref()));
        is_source && self.origin.as_deref() == Some(&event.origin())
    }

    /// What a message of the hub says: whether some app of the site has a session; `None` for anything else.
    fn read(&self, event: &MessageEvent) -> Option<bool> {
        if !self.is_from(event) {
            return None;
        }
        let line =
            event.data().dyn_into::<js_sys::JsString>().ok().filter(|line| line.length() <= LONGEST)?;
        let line = String::from(line);
        let mut words = line.split(' ');
        let (version, kind, state) = (words.next()?, words.next()?, words.next()?);
        if version != VERSION || self.standing.get() == Standing::Aside {
            return None;
        }
        match (kind, state) {
            ("aside", _) => {
                self.standing.set(Standing::Aside);
                if let Some(frame) = self.frame.borrow_mut().take() {
                    frame.remove();
                }
                None
            }
            ("state", "in" | "out" | "none") => {
                self.standing.set(Standing::Ready);
                (state != "none").then_some(state == "in")
            }
            _ => None,
        }
    }
}

/// Hears the hub's messages for as long as the page lives.
fn listen(watcher: &Watcher) {
    let watcher = watcher.clone();
    let allowance = RefCell::new(Allowance::new(MESSAGES, SPAN));
    on(&window(), "message", move |event| {
        if allowance.borrow_mut().take(super::clock::now())
            && let Some(is_signed_in) = watcher.hub().read(event.unchecked_ref())
        {
            watcher.hear_hub(is_signed_in);
        } else {
            watcher.show();
        }
    });
}

/// After the first paint, when nothing else is to be done; Safari has no such call, and waits a little.
fn when_idle(does: impl FnOnce() + 'static) {
    match property(&window(), "requestIdleCallback").dyn_into::<js_sys::Function>() {
        Ok(request) => drop(request.call1(&window(), &Closure::once_into_js(does))),
        Err(_) => after(200, does),
    }
}

impl Watcher {
    fn load_hub(&self) {
        self.hub().load(self);
    }

    fn greet_hub(&self) {
        self.hub().post("hello");
    }
}
