//! What the tour's buttons do.

use auth::{
    Auth, Pages, Refusal,
    refresh::{RefreshError, Refresher},
    session::Session,
};
use axum::{Router, extract::State, response::Redirect, routing::post};
use std::sync::Arc;

/// The tour's style sheet and its buttons.
pub(super) fn routes(auth: &Auth) -> Router {
    Router::new().route("/tour/renew", post(renew)).with_state(auth.clone()).merge(tour::style())
}

/// `POST /tour/renew`: renews the session's tokens, and goes back to the stop, which shows the steps.
///
/// # Errors
/// 303 to the sign-in page without a session; 503 while the store does not answer.
async fn renew(
    State(refresher): State<Refresher>,
    State(pages): State<Arc<Pages>>,
    session: Option<Session>,
) -> Result<Redirect, Refusal> {
    let Some(session) = session else { return Ok(Redirect::to(&pages.login_url("/"))) };
    let outcome = match refresher.renew(&session).await {
        Ok(_) => "yes",
        Err(RefreshError::NoRefreshToken) => "no_refresh_token",
        Err(RefreshError::ProviderUnavailable) => "unavailable",
        Err(RefreshError::Ended) => return Ok(Redirect::to("/")),
        Err(RefreshError::StoreUnavailable) => return Err(Refusal::session_unavailable()),
    };
    Ok(Redirect::to(&format!("/?renewed={outcome}#renewing")))
}
