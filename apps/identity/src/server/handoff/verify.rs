//! `POST /auth/external/handoff/verify` (article 5): an app redeems a handoff token.

use super::mint::{HandoffService, VerifyRefusal};
use crate::server::{client::authenticate, registry::Registry};
use auth::{
    Refusal,
    handoff::{VerifyAnswer, VerifyRequest},
};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};
use http::{HeaderMap, StatusCode};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// `POST /auth/external/handoff/verify` with JSON `{handoff_token, state, client_id}` and client
/// authentication. Answers `{access_token, token_type, expires_in, session, user}`, once for each token.
///
/// # Errors
/// JSON `{error, message}`: 401 `invalid_client`; 403 `client_mismatch`, `unauthorized_client` or
/// `wrong_client`; 400 `invalid_token`, `token_expired`, `invalid_state`, `session_ended`; 429
/// `too_many_requests` and 503 `session_unavailable` with `Retry-After`; 400, 413, 415 or 422
/// `invalid_request`.
pub(crate) async fn verify(
    State(handoffs): State<HandoffService>,
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    request: Result<Json<VerifyRequest>, JsonRejection>,
) -> Result<Json<VerifyAnswer>, Refusal> {
    let Json(request) = request.map_err(|rejection| {
        let sentence = "The body must be JSON with handoff_token, state and client_id.";
        Refusal::new(rejection.status(), "invalid_request", sentence).as_json()
    })?;
    let in_body = request.client_secret.as_ref().map(ExposeSecret::expose_secret);
    let in_body = in_body.map(|secret| (request.client_id.as_str(), secret));
    let app = authenticate(&registry, &headers, in_body)?;
    if app.client_id != request.client_id {
        let sentence = "The client secret does not belong to this client_id.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "client_mismatch", sentence).as_json());
    }
    if !app.handoff {
        let sentence = "This app is not registered for handoffs.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "unauthorized_client", sentence).as_json());
    }
    Ok(Json(handoffs.redeem(app, &request.handoff_token, &request.state).await?))
}

impl From<VerifyRefusal> for Refusal {
    fn from(refusal: VerifyRefusal) -> Self {
        let (status, sentence) = match &refusal {
            VerifyRefusal::Unknown => (StatusCode::BAD_REQUEST, "This token is unknown or was already used."),
            VerifyRefusal::WrongClient => (StatusCode::FORBIDDEN, "This token is for another app."),
            VerifyRefusal::InvalidState => {
                (StatusCode::BAD_REQUEST, "This token was issued for another state.")
            }
            VerifyRefusal::Expired => (StatusCode::BAD_REQUEST, "This token has expired."),
            VerifyRefusal::SessionEnded => {
                (StatusCode::BAD_REQUEST, "The session behind this token has ended.")
            }
            VerifyRefusal::QuotaExceeded(limit) => {
                let sentence = "Too many refused tokens. Please wait before you try again.";
                return Self::from(*limit).with_sentence(sentence).as_json();
            }
            VerifyRefusal::Store(_) => {
                return Self::session_unavailable().because(&refusal).as_json();
            }
        };
        Self::new(status, refusal.to_string(), sentence).as_json()
    }
}
