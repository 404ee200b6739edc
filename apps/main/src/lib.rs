//! The main app: a few pages, rendered on the server, with islands where something reacts.
//!
//! The same binary runs as games and as store. The crate has three builds:
//!
//! | feature | build |
//! |---|---|
//! | `ssr` | the server |
//! | `hydrate` | the browser half of pages with islands |
//! | `watch` | the browser half of the other pages: they only follow the end of the session |
//!
//! | to see | file |
//! |---|---|
//! | the table of the pages, and what each loads | `app.rs` |
//! | islands with their server functions | `islands/` |
//! | pages | `pages/` |
//! | the app's data in the session | `preferences.rs` |
//! | the server | `main.rs`, `server/` |

// The type of a Leptos page nests as deep as its markup, deeper than the default limit.
#![recursion_limit = "256"]
#![cfg_attr(
    any(feature = "ssr", feature = "hydrate"),
    expect(
        unreachable_pub,
        reason = "#[component] generates a public copy of the function in a private module"
    )
)]

#[cfg(feature = "ssr")]
mod app;
#[cfg(any(feature = "ssr", feature = "hydrate"))]
mod islands;
#[cfg(feature = "ssr")]
mod pages;
pub mod preferences;

#[cfg(feature = "ssr")]
pub use app::{App, PUBLIC_PAGES, not_found, shell};

/// Starts the islands. The script of a page with islands calls this once the WebAssembly is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_leptos::hydrate_islands();
}

/// Starts the watch on a page without islands.
#[cfg(all(feature = "watch", not(feature = "hydrate")))]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_leptos::client::start();
}
