//! What runs in the browser. Small, at the leaves, and nothing that the page needs to be usable: with
//! JavaScript off every page still reads, and every form still posts.

mod check_session;
mod countdown;
mod nav_guard;
mod session_probe;

#[cfg(feature = "hydrate")]
mod fetch;
#[cfg(feature = "hydrate")]
mod front;
#[cfg(feature = "hydrate")]
mod session_watch;

pub use check_session::CheckSession;
pub use countdown::Countdown;
#[cfg(feature = "hydrate")]
pub use front::on_front;
pub use nav_guard::NavGuard;
pub use session_probe::SessionProbe;

/// Wakes the islands of the page, and what watches its session. An app's wasm calls this once, from its `hydrate` function; calling it
/// also keeps this crate's islands in the app's wasm.
#[cfg(feature = "hydrate")]
pub fn hydrate() {
    session_watch::start();
    leptos::mount::hydrate_islands();
}
