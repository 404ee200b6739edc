//! The identity app: the single redirect URI that the provider knows, for all apps (article 1, "Sharing
//! session with applications in different domains"). Its pages load no script; the `hydrate` feature exists
//! because cargo-leptos builds a browser half of every app.

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

/// Does nothing: no page of identity loads a script.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {}
