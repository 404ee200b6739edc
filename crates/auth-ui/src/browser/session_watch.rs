//! A tab that agrees with all others about the session: the browser's side of [`tab`](session_watch), which
//! decides. The page's half, with everything a visitor gets to see of it, is the component
//! [`SessionWatch`](crate::SessionWatch).

mod activity;
mod channel;
mod clock;
mod hub;
mod life;
mod lock;
mod page;
mod panel;
mod stream;
mod watcher;

/// What the window is told when data or times of the session changed.
pub(super) const CHANGED: &str = "session-changed";

/// The id of the user the page was written for.
#[must_use]
pub fn user_of_page() -> Option<String> {
    page::Page::find().map(|page| page.user())
}

/// Begins to watch, where the page says that there is a session to watch.
pub(super) fn start() {
    if let Some(page) = page::Page::find() {
        watcher::Watcher::start(page);
    }
}
