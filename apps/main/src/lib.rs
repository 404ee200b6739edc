//! The main app: a few pages, one server function, and the session of article 1 behind them.
//!
//! The same binary runs as games, store and partner. With `ssr` this crate is the server; with `hydrate`
//! it is the WebAssembly of the islands, which all live in `auth-ui`.

#![cfg_attr(
    feature = "ssr",
    expect(
        unreachable_pub,
        reason = "#[component] keeps a public twin of the function in its own, private module"
    )
)]

#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
mod pages;
#[cfg(feature = "ssr")]
pub mod server_fns;

#[cfg(feature = "ssr")]
pub use app::{App, shell};

/// Called by the page's script once the WebAssembly is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_ui::islands::hydrate();
}
