//! Navigation guard in the browser (article 2, "Handling Authorization Per Route"). Before the browser
//! follows a link to a protected page, the guard asks the server whether the session is live. A signed-out
//! visitor then stays on the current page, without a round trip through the sign-in page.
//!
//! The guard is a convenience; the server's gate protects the page. So without a clear answer, the browser
//! follows the link.
//!
//! The markup is the component [`NavGuard`](crate::NavGuard).

use super::dom::{self, window};
use crate::links::{Clicks, says_signed_out};
use auth_types::Pages;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::spawn_local;
use web_sys::{Element, MouseEvent};

/// Listens for clicks until the page unloads. The Enter key on a focused link also causes a click.
pub(super) fn start() {
    let Some(place) = dom::find::<Element>("[data-nav-guard]") else { return };
    dom::mark_ready(&place);
    let public = place.get_attribute("data-public").unwrap_or_default();
    let clicks = Rc::new(Clicks::default());
    dom::on(&window(), "click", move |event| {
        let event = event.unchecked_into::<MouseEvent>();
        let public: Vec<_> = public.split(' ').collect();
        let Some(held) = clicks.hold(&event, &public) else { return };
        event.prevent_default();
        let (place, clicks) = (place.clone(), clicks.clone());
        spawn_local(async move {
            let signed_out = says_signed_out().await;
            if !clicks.is_latest(&held) {
                return;
            }
            if signed_out {
                explain(&place, &held.path);
            } else {
                dom::show(&place, None);
                let _ = window().location().assign(&held.link.href());
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
