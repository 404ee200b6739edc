//! The identity app: the one redirect URI the provider knows, for every app (article 1, "Sharing session
//! with applications in different domains"). Its pages load no script; `hydrate` is there so that both
//! apps build the same way.

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
pub use app::{App, not_found, shell};

/// Called by a page's script once the WebAssembly is loaded. No page of identity does that yet.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_ui::client::start();
}
