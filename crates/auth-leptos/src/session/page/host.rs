//! The page as the watch's host: what the watch reports becomes signals.

use super::{super::AfterEnd, Page, parse, submit};
use crate::{dom, links::here_with_fragment};
use auth_types::{EndReason, SessionState};
use leptos::prelude::*;
use session_watch::{Host, TabEvent, TabStatus, web::SessionView};
use std::rc::{Rc, Weak};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// The page as the watch sees it.
pub(super) struct PageHost {
    page: Weak<Page>,
    user: String,
}

impl PageHost {
    pub(super) fn new(page: &Rc<Page>, user: String) -> Self {
        Self { page: Rc::downgrade(page), user }
    }

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
            // The message about the end has a `main` too, and its reason may change.
            #[cfg(feature = "islands")]
            if page.shared.is_islands && page.shared.ended.get_untracked().is_none() {
                super::super::islands::remove_content();
            }
            page.shared.end(reason);
            forget_serialised();
        });
    }

    fn restore(&self) {
        self.with(|page| {
            if page.shared.is_islands {
                // What the server rendered around the islands is gone.
                let _ = window().location().reload();
                return;
            }
            let Some(session) = page.latest.take() else { return };
            let page = page.clone();
            // Not within this event: the new watch takes the place of the one that is calling.
            spawn_local(async move {
                drop(page.watch.take());
                page.begin(session);
            });
        });
    }

    fn sign_in_silently(&self, ticket: &str) {
        submit("/auth/come-back", &[("callbackUrl", &here_with_fragment()), ("ticket", ticket)]);
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
            if let Some(controls) = page.controls().filter(|_| page.shared.is_live()) {
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

    fn status(&self, status: &TabStatus) {
        self.with(|page| {
            if page.shared.is_live() {
                page.shared.tab.set(Some(*status));
            }
        });
    }

    fn on_event(&self, event: &TabEvent) {
        self.with(|page| page.shared.note(event.clone()));
    }
}

/// Forgets what Leptos has written into the page for hydration: it holds the answers that the old user's resources got.
fn forget_serialised() {
    let global: JsValue = window().into();
    for name in ["__RESOLVED_RESOURCES", "__SERIALIZED_ERRORS", "__INCOMPLETE_CHUNKS"] {
        let _ = js_sys::Reflect::set(&global, &name.into(), &js_sys::Array::new());
    }
    for script in dom::all("script:not([src])") {
        if script.text_content().is_some_and(|text| text.contains("__RESOLVED_RESOURCES")) {
            script.remove();
        }
    }
}
