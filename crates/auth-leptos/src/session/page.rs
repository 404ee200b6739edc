//! The browser's half: the watch on the page's session, the questions to the server, and the guard of links.

use super::{AfterEnd, Denied, Shared, live};
use crate::{
    SignOutScope,
    dom::{Listener, property},
    links::{Clicks, here, says_signed_out},
};
use auth_types::{EndReason, PublicSession, SessionState, TabFacts};
use leptos::prelude::*;
use session_watch::{
    Endpoints, Host,
    web::{self, Controls, SessionView, Watch},
};
use std::{
    cell::{Cell, RefCell},
    rc::Rc,
};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::spawn_local;
use web_sys::{EventTarget, HtmlAnchorElement, HtmlFormElement, MouseEvent};

/// The attribute of `<html>` while the page is covered.
const COVERED: &str = "data-veiled";
/// The events of a tab that comes to the front: shown again, focused, or back from the back/forward cache.
const IN_FRONT: [&str; 3] = ["visibilitychange", "focus", "pageshow"];

thread_local! {
    /// The running page, for server functions, which have no owner to ask.
    static PAGE: RefCell<Option<Rc<Page>>> = const { RefCell::new(None) };
}

struct Page {
    shared: Shared,
    /// The watch on the session; `None` while no user is signed in.
    watch: RefCell<Option<Watch>>,
    controls: RefCell<Option<Controls>>,
    /// The session of the server's last answer.
    latest: RefCell<Option<PublicSession>>,
    question: Cell<Question>,
    clicks: Clicks,
    /// The guard lets the click pass that it repeats itself.
    is_passing: Cell<bool>,
    listeners: RefCell<Vec<Listener>>,
}

/// The state of a guest's question to the server. (With a session, the watch asks.)
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    None,
    Asked,
    Stale,
}

/// Starts the page once it is hydrated, and stops it when the owner is disposed.
pub(super) fn start(shared: Shared) {
    let running = StoredValue::new_local(None::<Running>);
    Effect::new(move |_| {
        let page = Rc::new(Page {
            shared,
            watch: RefCell::default(),
            controls: RefCell::default(),
            latest: RefCell::default(),
            question: Cell::new(Question::None),
            clicks: Clicks::default(),
            is_passing: Cell::new(false),
            listeners: RefCell::default(),
        });
        PAGE.set(Some(page.clone()));
        page.listen();
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
        self.0.controls.take();
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

pub(super) fn stay(_: Shared) {
    if let Some(controls) = running().and_then(|page| page.controls.borrow().clone()) {
        controls.stay();
    }
}

pub(super) fn refetch(_: Shared) {
    refetch_page();
}

/// Asks for the session, if the page runs.
pub(super) fn refetch_page() {
    let Some(page) = running() else { return };
    let controls = page.controls.borrow().clone();
    match controls {
        Some(controls) => controls.check(),
        None => page.ask(),
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
    /// Watches the session of the user with this id.
    fn watch(self: &Rc<Self>, user: String, facts: &TabFacts) {
        let host = PageHost { page: Rc::downgrade(self), user: user.clone() };
        let watch = Watch::start(user, facts, Endpoints::default(), host);
        *self.controls.borrow_mut() = Some(watch.controls());
        *self.watch.borrow_mut() = Some(watch);
    }

    /// A session has begun, or the ended one is back: the page shows it, and watches it.
    fn begin(self: &Rc<Self>, session: PublicSession) {
        let user = session.user.id.clone();
        self.shared.begin(session);
        let now = web::now();
        let facts = self.shared.seed.with_value(|seed| seed.tab.clone());
        let times = auth_types::SessionTimes { now, last_activity: now, expires: now };
        self.watch(user, &TabFacts { times, ..facts });
    }

    /// Asks the server whether a guest has a session by now.
    fn ask(self: &Rc<Self>) {
        if self.question.replace(Question::Stale) != Question::None {
            return;
        }
        let page = self.clone();
        spawn_local(async move {
            loop {
                page.question.set(Question::Asked);
                let answer = web::session(Endpoints::default().session).await;
                if page.question.get() != Question::Stale {
                    page.question.set(Question::None);
                    if page.watch.borrow().is_none() {
                        page.learn(answer);
                    }
                    return;
                }
            }
        });
    }

    /// Shows the server's answer on a page without a session. No answer changes nothing.
    fn learn(self: &Rc<Self>, answer: Option<Option<SessionView>>) {
        match answer {
            Some(Some(view)) => {
                if let Some(session) = parse(&view) {
                    self.begin(session);
                }
            }
            Some(None) if self.shared.state.with_untracked(Result::is_err) => {
                self.shared.state.set(Ok(SessionState::SignedOut(None)));
            }
            Some(None) | None => {}
        }
    }

    fn listen(self: &Rc<Self>) {
        let mut listeners = self.listeners.borrow_mut();
        let (tab, document): (EventTarget, EventTarget) = (window().into(), document().into());
        for name in IN_FRONT {
            let page = self.clone();
            let target = if name == "visibilitychange" { &document } else { &tab };
            listeners.push(Listener::new(target, name, move |_| {
                // With a session, the watch asks.
                if page.controls.borrow().is_none() && !document_is_hidden() {
                    page.ask();
                }
            }));
        }
        let page = self.clone();
        // Capturing, so that the guard comes before the router.
        listeners
            .push(Listener::capturing(&document, "click", move |event| page.on_click(event.unchecked_ref())));
    }

    /// Holds a click on a link to a guarded page until the server has answered.
    fn on_click(self: &Rc<Self>, event: &MouseEvent) {
        if self.is_passing.get() {
            return;
        }
        let held = self.shared.seed.with_value(|seed| {
            let public: Vec<_> = seed.public.iter().map(String::as_str).collect();
            self.clicks.hold(event, &public)
        });
        let Some(held) = held else { return };
        event.prevent_default();
        event.stop_immediate_propagation();
        let page = self.clone();
        spawn_local(async move {
            let signed_out = says_signed_out().await;
            if page.clicks.is_latest(&held) {
                page.decide(&held.link, &held.path, signed_out);
            }
        });
    }

    fn decide(self: &Rc<Self>, link: &HtmlAnchorElement, path: &str, signed_out: bool) {
        let shared = self.shared;
        if !signed_out {
            let _ = shared.denied.try_set(None);
            if shared.is_live() {
                // The same click once more, now for the router, which knows the link's other attributes.
                self.is_passing.set(true);
                link.click();
                self.is_passing.set(false);
            } else {
                // This page began without a session: the server renders the next one with it.
                let _ = window().location().assign(&link.href());
            }
            return;
        }
        match shared.options.denied {
            Denied::SignIn => {
                let _ = window().location().assign(&shared.pages().login_url(path));
            }
            Denied::Stay => {
                let _ = shared.denied.try_set(Some(path.to_owned()));
            }
        }
        if shared.is_live() {
            refetch_page();
        }
    }
}

/// The page as the watch sees it.
struct PageHost {
    page: std::rc::Weak<Page>,
    user: String,
}

impl PageHost {
    fn with(&self, does: impl FnOnce(&Rc<Page>)) {
        if let Some(page) = self.page.upgrade() {
            does(&page);
        }
    }
}

impl Host for PageHost {
    fn show(&self) {
        self.with(|page| page.shared.is_covered.set(false));
    }

    fn cover(&self) {
        self.with(|page| page.shared.is_covered.set(true));
    }

    fn ended(&self, reason: EndReason) {
        self.with(|page| {
            if page.shared.options.ended == AfterEnd::Reload {
                let _ = window().location().reload();
            }
            page.shared.end(reason);
            forget_serialised();
        });
    }

    fn restore(&self) {
        self.with(|page| {
            let Some(session) = page.latest.take() else { return };
            let page = page.clone();
            // Not within this event: the new watch takes the place of the one that is calling.
            spawn_local(async move {
                page.controls.take();
                drop(page.watch.take());
                page.begin(session);
            });
        });
    }

    fn sign_in_silently(&self, ticket: &str) {
        submit("/auth/come-back", &[("callbackUrl", &here()), ("ticket", ticket)]);
    }

    fn session(&self, session: Option<&SessionView>) {
        let Some(session) = session.filter(|session| session.user_id() == self.user).and_then(parse) else {
            return;
        };
        self.with(|page| {
            if page.shared.is_live() {
                let state = Ok(SessionState::SignedIn(session));
                if page.shared.state.with_untracked(|now| *now != state) {
                    page.shared.state.set(state);
                }
            } else {
                *page.latest.borrow_mut() = Some(session);
            }
        });
    }

    fn changed(&self) {
        self.with(|page| {
            let controls = page.controls.borrow().clone();
            if let Some(controls) = controls.filter(|_| page.shared.is_live()) {
                controls.check();
            }
        });
    }

    fn warn(&self) {
        self.with(|page| page.shared.is_unreachable.set(false));
    }

    fn time_left(&self, left: i64) {
        self.with(|page| page.shared.idle.set(Some(left)));
    }

    fn unreachable(&self) {
        self.with(|page| page.shared.is_unreachable.set(true));
    }

    fn dismiss_warning(&self) {
        self.with(|page| {
            page.shared.idle.set(None);
            page.shared.is_unreachable.set(false);
        });
    }
}

fn parse(view: &SessionView) -> Option<PublicSession> {
    serde_json::from_str(&view.to_json()?).ok()
}

/// Forgets what Leptos has written into the page for hydration: it holds the answers that the old user's resources got.
fn forget_serialised() {
    let global: JsValue = window().into();
    for name in ["__RESOLVED_RESOURCES", "__SERIALIZED_ERRORS", "__INCOMPLETE_CHUNKS"] {
        let _ = js_sys::Reflect::set(&global, &name.into(), &js_sys::Array::new());
    }
    let Ok(scripts) = document().query_selector_all("script:not([src])") else { return };
    for script in (0..scripts.length()).filter_map(|index| scripts.item(index)) {
        let is_data = script.text_content().is_some_and(|text| text.contains("__RESOLVED_RESOURCES"));
        if let Some(parent) = script.parent_node().filter(|_| is_data) {
            let _ = parent.remove_child(&script);
        }
    }
}

fn cover(is_covered: bool) {
    if let Some(root) = document().document_element() {
        let _ = root.toggle_attribute_with_force(COVERED, is_covered);
    }
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

fn document_is_hidden() -> bool {
    document().hidden()
}
