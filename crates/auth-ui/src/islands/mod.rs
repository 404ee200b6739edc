//! What runs in the browser. Small, at the leaves, and nothing that the page needs to be usable: with
//! JavaScript off every page still reads, and every form still posts.

mod check_session;
mod countdown;
mod nav_guard;
mod session_probe;
mod session_watch;

#[cfg(feature = "hydrate")]
mod fetch;
#[cfg(feature = "hydrate")]
mod front;

pub use check_session::CheckSession;
pub use countdown::Countdown;
#[cfg(feature = "hydrate")]
pub use front::on_front;
pub use nav_guard::NavGuard;
pub use session_probe::SessionProbe;
pub use session_watch::SessionWatch;

/// Wakes the islands of the page. An app's wasm calls this once, from its `hydrate` function; calling it
/// also keeps this crate's islands in the app's wasm.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    leptos::mount::hydrate_islands();
}
