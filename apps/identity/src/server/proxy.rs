//! The proxy (article 1, "Creating Identity Server"): forwards the sign-in of another app, in two steps.
//!
//! 1. `authorize.rs` looks the app up in the registry and checks its request (`request.rs`). It keeps what
//!    the way back needs in a sealed cookie (`flow.rs`), and redirects the visitor to the provider.
//! 2. `callback.rs` takes the kept flow when the provider redirects back. It redirects to the app, with the
//!    provider's answer and the app's own `state`.

pub(super) mod authorize;
pub(super) mod callback;
mod flow;
mod request;
