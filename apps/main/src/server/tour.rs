//! What the tour's buttons do.

use auth::{
    Auth, Refusal,
    guard::RequireSession,
    refresh::{RefreshError, Refresher},
};
use axum::{Router, extract::State, response::Redirect, routing::post};

/// The tour's style sheet and its buttons.
pub(super) fn routes(auth: &Auth) -> Router {
    Router::new().route("/tour/renew", post(renew)).with_state(auth.clone()).merge(tour::style())
}

/// `POST /tour/renew`: renews the session's tokens, and goes back to the stop, which shows the steps.
///
/// # Errors
/// 503 while the store does not answer. Without a session, the visitor signs in first.
async fn renew(
    State(refresher): State<Refresher>,
    RequireSession(session): RequireSession,
) -> Result<Redirect, Refusal> {
    let outcome = match refresher.renew(&session).await {
        Ok(_) => "yes",
        Err(RefreshError::NoRefreshToken) => "no_refresh_token",
        Err(RefreshError::ProviderUnavailable) => "unavailable",
        Err(RefreshError::Ended) => return Ok(Redirect::to("/")),
        Err(RefreshError::StoreUnavailable) => return Err(Refusal::session_unavailable()),
    };
    Ok(Redirect::to(&format!("/?renewed={outcome}#renewing")))
}
