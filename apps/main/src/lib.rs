//! The main app: a few pages and one server function, on top of the session from articles 1 and 2.
//!
//! The same binary runs as games, store and partner. With the `ssr` feature this crate is the server. With
//! `hydrate` it is the WebAssembly for the browser: the session watcher from `auth-leptos` and the live number on
//! the dashboard.

// The type of a Leptos page nests as deep as its markup, deeper than the default limit.
#![recursion_limit = "256"]
#![cfg_attr(
    feature = "ssr",
    expect(
        unreachable_pub,
        reason = "#[component] generates a public copy of the function in a private module"
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

/// Starts the browser code. The page's script calls this once the WebAssembly is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_leptos::client::start();
    favourite_number::follow();
}
