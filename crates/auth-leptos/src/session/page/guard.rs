//! Article 2's `beforeNavigate`: a click on a link to a guarded page waits for the server's answer.

use super::{super::Denied, Page, refetch};
use crate::{dom::Listener, links::says_signed_out};
use leptos::prelude::*;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{HtmlAnchorElement, MouseEvent};

impl Page {
    /// Holds clicks until the page stops. It listens in the capturing phase, so that the guard comes before the router.
    pub(super) fn hold_clicks(self: &Rc<Self>) {
        let page = self.clone();
        self.add(Listener::capturing(&document(), "click", move |event| {
            page.on_click(event.unchecked_ref());
        }));
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
            refetch();
        }
    }
}
