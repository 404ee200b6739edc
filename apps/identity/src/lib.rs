//! The identity app: the single redirect URI that the provider knows, for all apps (article 1, "Sharing
//! session with applications in different domains"). Its pages load no script; the `hydrate` feature exists
//! so that both apps build in the same way.

#![cfg_attr(
    feature = "ssr",
    expect(
        unreachable_pub,
        reason = "#[component] generates a public copy of the function in a private module"
    )
)]

#[cfg(feature = "ssr")]
mod app;
#[cfg(feature = "ssr")]
mod pages;

#[cfg(feature = "ssr")]
pub use app::{App, not_found, shell};

/// Starts the browser code. No identity page calls this yet.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_leptos::client::start();
}
