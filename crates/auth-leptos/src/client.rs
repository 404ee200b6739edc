//! The browser code, compiled to WebAssembly.
//!
//! The server renders all markup, including the parts that are hidden at first ([`components`](crate)). This
//! code only fills, shows and removes markup, so a page needs no second renderer. Without JavaScript, the
//! page stays readable and its forms still post.
//!
//! An app can add Leptos islands beside this code.

mod check_session;
mod countdown;
pub mod dom;
mod nav_guard;
mod session_probe;
mod session_watch;
mod visibility;

pub use session_watch::user_of_page;
pub use visibility::{SessionView, on_visible};

/// Starts the browser code of the components on the page. An app's `hydrate` function calls `start` once.
pub fn start() {
    session_watch::start();
    nav_guard::start();
    check_session::start();
    countdown::start();
    session_probe::start();
}
