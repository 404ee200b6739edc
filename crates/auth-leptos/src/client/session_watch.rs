//! The session watch on a server-rendered page: starts [`session_watch`](::session_watch) if the page has a
//! session, and implements the host. The markup is the component [`SessionWatch`](crate::SessionWatch).

mod host;
mod page;

use ::session_watch::{Endpoints, web::Watch};

/// Starts the watch on a page rendered for a signed-in user. The watch runs until the page unloads.
pub(super) fn start() {
    let Some(page) = page::Page::find() else { return };
    let host = host::PageHost { page: page.clone() };
    let watch = Watch::start(page.user(), &page.facts(), Endpoints::default(), host);
    let controls = watch.controls();
    page.on_stay(move || controls.stay());
    watch.run_until_unload();
    page.is_ready();
}
