//! What runs in the browser, compiled to WebAssembly. Nothing here renders: the pages' markup, with
//! everything it may come to show, is the server's ([`components`](crate)); here it is filled in, shown and
//! taken away. So a page pays for no second renderer, and with JavaScript off it still reads and its forms
//! still post.
//!
//! An app's own islands are Leptos', beside this.

mod check_session;
mod countdown;
pub mod dom;
mod nav_guard;
mod session_probe;
mod session_watch;
mod visibility;

pub use session_watch::user_of_page;
pub use visibility::{SessionView, on_visible};

/// Wakes what the page has of this. An app's wasm calls it once, from its `hydrate` function.
pub fn start() {
    session_watch::start();
    nav_guard::start();
    check_session::start();
    countdown::start();
    session_probe::start();
}
