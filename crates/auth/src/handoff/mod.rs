//! Smart handoff (article 5): a user who is signed in at identity opens another app and is signed in there
//! too.
//!
//! The steps:
//!
//! 1. The user presses "Open" in identity's launcher. Identity records this in a sealed cookie of the
//!    browser, and redirects to the app.
//! 2. The app's `/handoff/start` (`start.rs`) creates a `state`, keeps it in a sealed cookie, and redirects
//!    back to identity.
//! 3. Identity mints a token: 256 bits, valid for thirty seconds, single-use, bound to the app, the `state`
//!    and identity's session.
//! 4. The app's [`HandoffLayer`] takes the `state`, and asks identity, server to server, for the user behind
//!    the token. The layer begins a session, and redirects to the same address without the two parameters.
//!
//! Where the article leaves a choice, this code treats the token as RFC 9700 treats a code:
//!
//! - The app creates the `state`, which is bound to the browser (§4.7).
//! - The token is bound to one app (§2.1) and works once (§4.5).
//! - The token appears in no log, `Referer` or history (§4.2, §4.3).

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
pub(crate) use layer::VERIFY_ENDPOINT;
pub use layer::{HandoffLayer, HandoffService};
pub use options::ErrorRedirect;
pub use presence::SessionQuery;
pub(crate) use presence::has_session;
pub use wire::{HandoffSession, HandoffUser, VerifyAnswer, VerifyRequest};

use axum::{Router, middleware, routing::get};
use chrono::TimeDelta;

/// Lifetime of a handoff token: it must only survive two redirects.
pub const TOKEN_LIFETIME: TimeDelta = TimeDelta::seconds(30);
/// Lifetime of the access token for identity's `/userinfo`.
pub const ACCESS_LIFETIME: TimeDelta = TimeDelta::minutes(5);
/// The parameter that carries the token.
pub const TOKEN: &str = "handoff_token";
/// The path where the app's [`routes`] accept tokens.
pub const CALLBACK: &str = "/callback";

/// Returns the app's routes: `/handoff/start`, `/handoff/confirm`, and `/callback` behind the layer. The
/// routes must be public, because their visitors have no session yet.
pub fn routes(layer: HandoffLayer) -> Router {
    let start = get(start::start).layer(middleware::from_fn(crate::origin::navigation_only));
    Router::new()
        .route("/handoff/start", start)
        .route("/handoff/confirm", get(confirmation::page).post(confirmation::answer))
        .route(CALLBACK, get(start::arrive_page).layer(layer.clone()))
        .with_state(layer)
}
