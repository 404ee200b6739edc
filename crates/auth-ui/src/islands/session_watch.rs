//! A tab that agrees with all others about the session: the browser's side of [`tab`](crate::tab), which
//! decides. The page's half, with everything a visitor gets to see of it, is the component
//! [`SessionWatch`](crate::SessionWatch).
//!
//! No island of Leptos': there is nothing to render here, so the page pays for no more than is used.

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

/// Begins to watch, where the page says that there is a session to watch.
pub(super) fn start() {
    if let Some(page) = page::Page::find() {
        watcher::Watcher::start(page);
    }
}
