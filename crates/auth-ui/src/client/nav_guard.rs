//! Navigation guard in the browser (article 2, "Handling Authorization Per Route"). Before the browser
//! follows a link to a protected page, the guard asks the server whether the session is live. A signed-out
//! visitor then stays on the current page, without a round trip through the sign-in page.
//!
//! The guard is a convenience; the server's gate protects the page. So without a clear answer, the browser
//! follows the link.
//!
//! The markup is the component [`NavGuard`](crate::NavGuard).

use super::dom::{self, window};
use crate::links::{Click, Decision, decide};
use ::session_watch::web::fetch;
use auth_types::{Pages, SessionStatus};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// The endpoint of the navigation check. The check extends the session, as loading the page would.
const STATUS: &str = "/api/get-session-status";

/// Listens for clicks until the page unloads. The Enter key on a focused link also causes a click.
pub(super) fn start() {
    let Some(place) = dom::find::<Element>("[data-nav-guard]") else { return };
    dom::mark_ready(&place);
    let public = place.get_attribute("data-public").unwrap_or_default();
    // Counts the questions, so that only the answer to the latest click takes effect.
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

/// Explains on the current page why the page at `path` did not open, with a sign-in link.
fn explain(place: &Element, path: &str) {
    let login = place.get_attribute("data-login").unwrap_or_default();
    let pages = Pages { login, ..Pages::default() };
    dom::show(place, Some("nav-guard"));
    dom::fill(place, "[data-path]", path);
    dom::set_attribute(place, "a", "href", &pages.login_url(path));
}

/// Returns the link's URL and path if the guard must check this click; otherwise `None`.
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
        Decision::CheckSession(path) => Some((link.href(), path)),
        Decision::Follow => None,
    }
}

/// Returns `true` only for a clear "signed out". A missing or unreadable answer returns `false`.
async fn says_signed_out() -> bool {
    let Some(response) = fetch::get(STATUS).await.filter(web_sys::Response::ok) else {
        return false;
    };
    let Some(body) = fetch::json(&response).await else {
        return false;
    };
    dom::property(&body, "status").as_f64() == Some(f64::from(SessionStatus::SIGNED_OUT.status))
}
