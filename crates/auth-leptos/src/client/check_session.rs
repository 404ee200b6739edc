//! Runs the [session check](crate::check_session) and shows its state in the markup of
//! [`CheckSession`](crate::CheckSession).

use super::dom;
use crate::check_session::{Check, SessionCheck};
use web_sys::Element;

/// The id of the template with the offer.
const OFFER: &str = "check-session";

pub(super) fn start() {
    let Some(place) = dom::find::<Element>("[data-check]") else { return };
    let check = SessionCheck::start(move |check| {
        let _ = place.set_attribute("data-check", check.as_str());
        dom::show(&place, (check == Check::SignedIn).then_some(OFFER));
    });
    // The check goes on until the page unloads.
    std::mem::forget(check);
}
