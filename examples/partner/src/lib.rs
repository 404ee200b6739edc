//! Partner: an ordinary hydrated Leptos app on a separate domain, with only the public parts of the auth crates.
//!
//! | to see | file |
//! |---|---|
//! | the root: session, router, boundary, guarded and nested routes | `app.rs` |
//! | pages that everyone may open, with sign-in and sign-out buttons | `pages/public.rs` |
//! | pages for members: `Resource`, `Suspense`, `ServerAction`, `ActionForm` | `pages/members.rs` |
//! | server functions that need a session, and the app's data in the session | `notes.rs` |
//! | the server | `main.rs` |

#![recursion_limit = "256"]
#![expect(
    unreachable_pub,
    reason = "#[component] generates a public copy of the function in a private module"
)]

mod app;
pub mod notes;
mod pages;

pub use app::App;
#[cfg(feature = "ssr")]
pub use app::{not_found, shell};

/// Hydrates the page that the server rendered. The page's script calls it once the WebAssembly is loaded.
#[cfg(feature = "hydrate")]
#[wasm_bindgen::prelude::wasm_bindgen]
pub fn hydrate() {
    leptos::mount::hydrate_body(App);
}
