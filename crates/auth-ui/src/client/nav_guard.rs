//! Article 2, "Handling Authorization Per Route", on the client: before a link to a protected page is
//! followed, the server is asked whether the session lives. The answer spares a round trip through the
//! sign-in page and keeps the reader where they are; it protects nothing. The server's gate does that,
//! so whenever the question cannot be answered the link is simply followed.
//!
//! What it may come to say is the component [`NavGuard`](crate::NavGuard).

use super::dom::{self, window};
use crate::links::{Click, Decision, decide};
use ::session_watch::web::fetch;
use auth_types::{Pages, SessionStatus};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// A navigation check: it asks as the user, so it extends the session like the page itself would.
const STATUS: &str = "/api/get-session-status";

/// Listens for clicks until the page goes away. Enter on a focused link is a click too.
pub(super) fn start() {
    let Some(place) = dom::find::<Element>("[data-nav-guard]") else { return };
    dom::mark_ready(&place);
    let public = place.get_attribute("data-public").unwrap_or_default();
    // Counts the questions, so that only the answer to the last click acts.
    let question = Rc::new(Cell::new(0_u32));
    dom::on(&window(), "click", move |event| {
        let event = event.unchecked_into::<MouseEvent>();
        let public: Vec<_> = public.split(' ').collect();
        let Some((url, path)) = asks(&event, &public) else { return };
        event.prevent_default();
        let mine = question.get() + 1;
        question.set(mine);
        let (place, question) = (place.clone(), question.clone());
        spawn_local(async move {
            let signed_out = says_signed_out().await;
            if question.get() != mine {
                return;
            }
            if signed_out {
                explain(&place, &path);
            } else {
                dom::show(&place, None);
                let _ = window().location().assign(&url);
            }
        });
    });
}

/// Says, in place, why the page at `path` did not open, and where to sign in for it.
fn explain(place: &Element, path: &str) {
    let login = place.get_attribute("data-login").unwrap_or_default();
    let pages = Pages { login, ..Pages::default() };
    dom::show(place, Some("nav-guard"));
    dom::fill(place, "[data-path]", path);
    dom::set_attribute(place, "a", "href", &pages.login_url(path));
}

/// The link's URL and its path, when this click asks first.
fn asks(event: &MouseEvent, public: &[&str]) -> Option<(String, String)> {
    if event.default_prevented() {
        return None;
    }
    let target: Element = event.target()?.dyn_into().ok()?;
    let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
    let here = window().location();
    let click = Click {
        here_origin: &here.origin().ok()?,
        here: &[here.pathname().ok()?, here.search().ok()?].concat(),
        origin: &link.origin(),
        path: &link.pathname(),
        search: &link.search(),
        hash: &link.hash(),
        target: &link.target(),
        download: link.has_attribute("download"),
        modified: event.button() != 0
            || event.ctrl_key()
            || event.shift_key()
            || event.alt_key()
            || event.meta_key(),
    };
    match decide(&click, public) {
        Decision::Ask(path) => Some((link.href(), path)),
        Decision::LeaveAlone => None,
    }
}

/// True only for a clear "signed out". No answer, or one that cannot be read, is not one.
async fn says_signed_out() -> bool {
    let Some(response) = fetch::get(STATUS).await.filter(web_sys::Response::ok) else {
        return false;
    };
    let Some(body) = fetch::json(&response).await else {
        return false;
    };
    dom::property(&body, "status").as_f64() == Some(f64::from(SessionStatus::SIGNED_OUT.status))
}
