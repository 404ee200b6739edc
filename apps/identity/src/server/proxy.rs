//! The proxy (article 1, "Creating Identity Server"): another app's sign-in passes through, in this order.
//!
//! 1. `authorize.rs`: the app is looked up in the registry, its request is checked (`request.rs`), and what has to be
//!    known at the way back is kept in a sealed cookie (`kept.rs`). The visitor goes on to the provider.
//! 2. The provider leads back to `callback.rs`, which takes what was kept and leads back to the app, with the provider's
//!    answer and the app's own `state`.

pub(super) mod authorize;
pub(super) mod callback;
mod flow;
mod request;
