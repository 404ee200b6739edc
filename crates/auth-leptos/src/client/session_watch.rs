//! The session watch on a server-rendered page: starts [`session_watch`](::session_watch) if the page has a
//! session, and implements the host. The markup is the component [`SessionWatch`](crate::SessionWatch).

mod host;
mod page;
mod panel;

use ::session_watch::{Endpoints, web::Watch};

/// The name of the window event for changed data or times of the session.
pub(super) const CHANGED: &str = "session-changed";

/// Returns the id of the page's user; `None` if the server rendered the page without a session.
#[must_use]
pub fn user_of_page() -> Option<String> {
    page::Page::find().map(|page| page.user())
}

/// Starts the watch on a page rendered for a signed-in user. The watch runs until the page unloads.
pub(super) fn start() {
    let Some(page) = page::Page::find() else { return };
    let host = host::PageHost { page: page.clone(), panel: panel::Panel::find() };
    let watch = Watch::start(page.user(), &page.facts(), Endpoints::default(), host);
    let controls = watch.controls();
    page.on_stay(move || controls.stay());
    watch.run_until_unload();
    page.is_ready();
}
