//! The browser code, compiled to WebAssembly.
//!
//! The server renders all markup, including the parts that are hidden at first ([`components`](crate)). This
//! code only fills, shows and removes markup, so a page needs no second renderer. Without JavaScript, the
//! page stays readable and its forms still post.
//!
//! A page with islands does not need this code: there the session is reactive
//! ([`SessionRoot`](crate::SessionRoot)).

mod check_session;
mod dom;
mod nav_guard;
mod session_watch;

/// Starts the browser code of the components on the page. An app's `hydrate` function calls `start` once.
pub fn start() {
    session_watch::start();
    nav_guard::start();
    check_session::start();
}
