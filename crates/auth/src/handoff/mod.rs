//! Smart handoff (article 5): whoever is signed in at identity opens another app already signed in.
//!
//! The way of it, one file each side and step:
//!
//! 1. Somebody presses "Open" in identity's launcher, which notes that for this browser and leads to the app.
//! 2. The app's `/handoff/start` (`start.rs`) draws a `state`, keeps it in a sealed cookie of its own, and leads
//!    back to identity.
//! 3. Identity mints a token: 256 bits, thirty seconds, once, bound to the app, the `state` and identity's own
//!    session.
//! 4. The app's [`HandoffLayer`] takes the `state`, asks identity server to server whom the token stands for
//!    begins a session, and leads to the same address without the two parameters.
//!
//! What the article leaves open is decided here as RFC 9700 asks it of a code: the `state` is the app's own
//! and bound to the browser (§4.7), the token is bound to whom it was made for (§2.1), works once (§4.5) and
//! shows up in no log, `Referer` or history (§4.2, §4.3).

mod arrive;
mod confirmation;
mod error;
mod layer;
mod options;
mod presence;
mod start;
mod verify;
mod wire;

pub use arrive::HandoffOutcome;
pub use error::{FailureCause, HandoffError};
pub use layer::{HandoffLayer, HandoffService};
pub use options::ErrorRedirect;
pub use presence::SessionQuery;
pub(crate) use presence::has_session;
pub use wire::{HandoffSession, HandoffUser, VerifyAnswer, VerifyRequest};

use axum::{Router, middleware, routing::get};
use chrono::TimeDelta;

/// How long a handoff token may be under way: redirects take moments.
pub const TOKEN_LIFETIME: TimeDelta = TimeDelta::seconds(30);
/// How long the access token for identity's `/userinfo` is good for.
pub const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// The parameter that carries the token.
pub const TOKEN: &str = "handoff_token";
/// Where an app takes tokens, unless its own routes say otherwise.
pub const CALLBACK: &str = "/callback";

/// An app's routes: `/handoff/start`, `/handoff/confirm`, and `/callback` behind the layer. They have to be
/// public, for who comes here has no session yet.
pub fn routes(layer: HandoffLayer) -> Router {
    let start = get(start::start).layer(middleware::from_fn(crate::origin::navigation_only));
    Router::new()
        .route("/handoff/start", start)
        .route("/handoff/confirm", get(confirmation::page).post(confirmation::answer))
        .route(CALLBACK, get(start::arrive_page).layer(layer.clone()))
        .with_state(layer)
}
