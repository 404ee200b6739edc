//! The session's watch on a server-rendered page: starts [`session_watch`](::session_watch) where the page has a
//! session, and is its host. The page's half, with everything a visitor may see of it, is the component
//! [`SessionWatch`](crate::SessionWatch).

mod host;
mod page;
mod panel;

use ::session_watch::{Endpoints, web::Watch};

/// The window gets this event when data or times of the session changed.
pub(super) const CHANGED: &str = "session-changed";

/// The id of the user the page was written for.
#[must_use]
pub fn user_of_page() -> Option<String> {
    page::Page::find().map(|page| page.user())
}

/// Begins to watch, until the page goes away, if the page was written for a signed-in user.
pub(super) fn start() {
    let Some(page) = page::Page::find() else { return };
    let host = host::PageHost { page: page.clone(), panel: panel::Panel::find() };
    let watch = Watch::start(page.user(), &page.facts(), Endpoints::default(), host);
    let controls = watch.controls();
    page.on_stay(move || controls.stay());
    watch.forget();
    page.is_ready();
}
