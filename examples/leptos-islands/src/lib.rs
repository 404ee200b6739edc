//! An app whose pages are rendered on the server, with islands that know the session. `docs/leptos.md` explains it step by
//! step, and how to start it in partner's place.

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
pub use app::{App, not_found, shell};

/// Starts the islands. The page's script calls it once the WebAssembly is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    auth_leptos::hydrate_islands();
}

/// The guides, whose blocks of Rust are compiled as documentation tests.
#[cfg(all(doctest, feature = "ssr"))]
mod guides {
    #[doc = include_str!("../../../docs/flows/handoff.md")]
    mod handoff {}
    #[doc = include_str!("../../../docs/leptos.md")]
    mod leptos {}
    #[doc = include_str!("../../../docs/your-own-app.md")]
    mod your_own_app {}
}
