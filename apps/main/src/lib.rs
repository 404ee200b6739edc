//! The main app: a few pages, one server function, and the session of articles 1 and 2 behind them.
//!
//! The same binary runs as games, store and partner. With `ssr` this crate is the server; with `hydrate`
//! it is the WebAssembly: what watches the session, from `auth-ui`, and the number of the dashboard.

// The types of a page nest as deep as its markup, deeper than the compiler follows by itself.
#![recursion_limit = "256"]
#![cfg_attr(
    feature = "ssr",
    expect(
        unreachable_pub,
        reason = "#[component] keeps a public twin of the function in its own, private module"
    )
)]

#[cfg(feature = "ssr")]
mod app;
mod favourite_number;
#[cfg(feature = "ssr")]
mod pages;
pub mod preferences;
#[cfg(feature = "ssr")]
pub mod server_fns;

#[cfg(feature = "ssr")]
pub use app::{App, PUBLIC_PAGES, not_found, shell};

/// Called by the page's script once the WebAssembly is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_ui::client::start();
    favourite_number::follow();
}
