//! The browser's half: the watch on the page's session, and the questions to the server.

mod guard;
mod host;
mod question;

use super::{Shared, live};
use crate::{
    SignOutScope,
    dom::{Listener, cover, property},
    links::Clicks,
};
use auth_types::{PublicSession, SessionState, SessionTimes, TabFacts};
use host::PageHost;
use leptos::prelude::*;
use question::{IN_FRONT, SessionQuestion};
use session_watch::{
    Endpoints,
    web::{self, Controls, SessionView, Watch},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue};
use web_sys::{EventTarget, HtmlFormElement};

thread_local! {
    /// The running page, for server functions, which have no owner to ask.
    static PAGE: RefCell<Option<Rc<Page>>> = const { RefCell::new(None) };
}

struct Page {
    shared: Shared,
    /// The watch on the session; `None` while no user is signed in.
    watch: RefCell<Option<Watch>>,
    /// The session of the server's last answer.
    latest: RefCell<Option<PublicSession>>,
    /// A guest's question. With a session, the watch asks.
    question: Rc<SessionQuestion>,
    clicks: Clicks,
    /// The guard lets the click pass that it repeats itself.
    is_passing: Cell<bool>,
    listeners: RefCell<Vec<Listener>>,
}

/// Starts the page once it is hydrated, and stops it when the owner is disposed.
pub(super) fn start(shared: Shared) {
    let running = StoredValue::new_local(None::<Running>);
    Effect::new(move |_| {
        let page = Page::new(shared);
        PAGE.set(Some(page.clone()));
        page.listen();
        page.hold_clicks();
        if let Some(user) = shared.state.with_untracked(|state| live(state).map(|live| live.user.id.clone()))
        {
            let facts = shared.seed.with_value(|seed| seed.tab.clone());
            page.watch(user, &facts);
        }
        running.set_value(Some(Running(page)));
        shared.is_ready.set(true);
    });
    Effect::new(move |_| cover(shared.is_covered.get()));
}

/// A running page. On drop, all listeners, timers and connections are gone.
struct Running(Rc<Page>);

impl Drop for Running {
    fn drop(&mut self) {
        self.0.listeners.take();
        drop(self.0.watch.take());
        cover(false);
        PAGE.with_borrow_mut(|page| {
            if page.as_ref().is_some_and(|page| Rc::ptr_eq(page, &self.0)) {
                *page = None;
            }
        });
    }
}

fn running() -> Option<Rc<Page>> {
    PAGE.with_borrow(Clone::clone)
}

/// Answers the idle warning, if the page runs.
pub(super) fn stay() {
    if let Some(controls) = running().and_then(|page| page.controls()) {
        controls.stay();
    }
}

/// Asks for the session, if the page runs.
pub(super) fn refetch() {
    let Some(page) = running() else { return };
    match page.controls() {
        Some(controls) => controls.check(),
        None => page.question.ask_anew(),
    }
}

/// Whether the user has pressed a key or a button within the last seconds (HTML, "transient activation").
pub(super) fn has_user_input() -> bool {
    let navigator: JsValue = window().navigator().into();
    let activation = property(&navigator, "userActivation");
    property(&activation, "isActive").is_truthy()
}

/// Posts the sign-out form.
pub(super) fn sign_out(shared: Shared, scope: SignOutScope) {
    let back = shared.pages().signed_out;
    submit("/auth/signout", &[("callbackUrl", &back), ("scope", scope.as_str())]);
}

impl Page {
    fn new(shared: Shared) -> Rc<Self> {
        Rc::new_cyclic(|page: &std::rc::Weak<Self>| {
            let page = page.clone();
            let told = move |session| {
                if let Some(page) = page.upgrade() {
                    page.learn(session);
                }
            };
            Self {
                shared,
                watch: RefCell::default(),
                latest: RefCell::default(),
                question: SessionQuestion::new(told),
                clicks: Clicks::default(),
                is_passing: Cell::new(false),
                listeners: RefCell::default(),
            }
        })
    }

    fn controls(&self) -> Option<Controls> {
        self.watch.borrow().as_ref().map(Watch::controls)
    }

    /// Watches the session of the user with this id.
    fn watch(self: &Rc<Self>, user: String, facts: &TabFacts) {
        let host = PageHost::new(self, user.clone());
        let watch = Watch::start(user, facts, Endpoints::default(), host);
        *self.watch.borrow_mut() = Some(watch);
    }

    /// A session has begun, or the ended one is back: the page shows it, and watches it.
    fn begin(self: &Rc<Self>, session: PublicSession) {
        let user = session.user.id.clone();
        self.shared.begin(session);
        let now = web::now();
        let facts = self.shared.seed.with_value(|seed| seed.tab.clone());
        let times = SessionTimes { now, last_activity: now, expires: now };
        self.watch(user, &TabFacts { times, ..facts });
    }

    /// Shows the server's answer on a page without a session.
    fn learn(self: &Rc<Self>, session: Option<SessionView>) {
        if self.watch.borrow().is_some() {
            return;
        }
        match session {
            Some(view) => {
                if let Some(session) = parse(&view) {
                    self.begin(session);
                }
            }
            None if self.shared.state.with_untracked(Result::is_err) => {
                self.shared.state.set(Ok(SessionState::SignedOut(None)));
            }
            None => {}
        }
    }

    /// Asks for a guest's session when the tab comes to the front.
    fn listen(self: &Rc<Self>) {
        let (tab, document): (EventTarget, EventTarget) = (window().into(), document().into());
        for name in IN_FRONT {
            let page = self.clone();
            let target = if name == "visibilitychange" { &document } else { &tab };
            self.add(Listener::new(target, name, move |_| {
                // With a session, the watch asks.
                if page.watch.borrow().is_none() && !leptos::prelude::document().hidden() {
                    page.question.ask();
                }
            }));
        }
    }

    fn add(&self, listener: Listener) {
        self.listeners.borrow_mut().push(listener);
    }
}

fn parse(view: &SessionView) -> Option<PublicSession> {
    serde_json::from_str(&view.to_json()?).ok()
}

/// Posts a form, so that the browser follows the redirects.
fn submit(action: &str, fields: &[(&str, &str)]) {
    let create = |name: &str| document().create_element(name).ok();
    let Some(form) = create("form").and_then(|form| form.dyn_into::<HtmlFormElement>().ok()) else { return };
    form.set_method("post");
    form.set_action(action);
    form.set_hidden(true);
    for (name, value) in fields {
        let Some(field) = create("input") else { return };
        let _ = field.set_attribute("type", "hidden");
        let _ = field.set_attribute("name", name);
        let _ = field.set_attribute("value", value);
        let _ = form.append_child(&field);
    }
    if let Some(body) = document().body() {
        let _ = body.append_child(&form);
        let _ = form.submit();
    }
}
