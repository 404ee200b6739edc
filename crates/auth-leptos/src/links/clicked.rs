//! Clicks on links in the browser, for both kinds of page.

use super::{Click, Decision, decide};
use crate::dom::{property, window};
use auth_types::SessionStatus;
use session_watch::web::fetch;
use std::cell::Cell;
use wasm_bindgen::JsCast;
use web_sys::{Element, HtmlAnchorElement, MouseEvent};

/// The endpoint of the navigation check. The check extends the session, as loading the page would.
const STATUS: &str = "/api/get-session-status";

/// The clicks of a page. Only the latest click takes effect: a click on another link, Back or `navigate()` withdraws the
/// click that waits for the server.
#[derive(Default)]
pub(crate) struct Clicks {
    latest: Cell<u32>,
}

/// A click that waits for the server.
pub(crate) struct Held {
    pub(crate) link: HtmlAnchorElement,
    /// The path, query and fragment to return to after a sign-in.
    pub(crate) path: String,
    number: u32,
    from: String,
}

impl Clicks {
    /// Returns the click if the server must be asked before the browser follows the link.
    pub(crate) fn hold(&self, event: &MouseEvent, public: &[&str]) -> Option<Held> {
        if event.default_prevented() {
            return None;
        }
        let target: Element = event.target()?.dyn_into().ok()?;
        let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
        let decision = decision(event, &link, public)?;
        if decision == Decision::OpenElsewhere {
            return None;
        }
        let number = self.latest.get() + 1;
        self.latest.set(number);
        match decision {
            Decision::CheckSession(path) => Some(Held { link, path, number, from: here() }),
            Decision::Follow | Decision::OpenElsewhere => None,
        }
    }

    /// Whether nothing has withdrawn the click.
    pub(crate) fn is_latest(&self, held: &Held) -> bool {
        self.latest.get() == held.number && here() == held.from
    }
}

fn decision(event: &MouseEvent, link: &HtmlAnchorElement, public: &[&str]) -> Option<Decision> {
    let click = Click {
        here_origin: &window().location().origin().ok()?,
        here: &here(),
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
    Some(decide(&click, public))
}

/// The path of the page with its query.
pub(crate) fn here() -> String {
    let location = window().location();
    [location.pathname(), location.search()].into_iter().filter_map(Result::ok).collect()
}

/// The path of the page with its query and fragment, to return to after a sign-in.
#[cfg(feature = "hydrate")]
pub(crate) fn here_with_fragment() -> String {
    here() + &window().location().hash().unwrap_or_default()
}

/// Returns `true` only for a clear "signed out". A missing or unreadable answer lets the click pass: the server's guard
/// protects the page.
pub(crate) async fn says_signed_out() -> bool {
    let Some(response) = fetch::get(STATUS).await.filter(web_sys::Response::ok) else { return false };
    let Some(body) = fetch::json(&response).await else { return false };
    property(&body, "status").as_f64() == Some(f64::from(SessionStatus::SIGNED_OUT.status))
}
