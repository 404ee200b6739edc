//! `POST /auth/external/handoff/verify` (article 5): an app asks whom a token stands for.

use super::mint::{Handoffs, VerifyRefusal};
use crate::server::{client::authenticate, registry::Registry};
use auth::{error_page, handoff::VerifyRequest};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::ExposeSecret;
use std::sync::Arc;

/// `POST /auth/external/handoff/verify`, JSON `{handoff_token, state, client_id}` and client authentication:
/// `{access_token, token_type, expires_in, session, user}`, once.
///
/// # Errors
/// JSON `{error, message}`: 401 `invalid_client`; 403 `client_mismatch`, `unauthorized_client` or
/// `wrong_client`; 400 `invalid_token`, `token_expired`, `invalid_state`, `session_ended`; 429
/// `too_many_requests` and 503 `session_unavailable` with `Retry-After`; 400, 413, 415 or 422
/// `invalid_request`.
pub(crate) async fn verify(
    State(handoffs): State<Handoffs>,
    State(registry): State<Arc<Registry>>,
    headers: HeaderMap,
    request: Result<Json<VerifyRequest>, JsonRejection>,
) -> Response {
    let Json(request) = match request {
        Ok(request) => request,
        Err(rejection) => {
            let sentence = "This takes JSON: handoff_token, state and client_id.";
            return error_page::json(rejection.status(), "invalid_request", sentence);
        }
    };
    let in_body = request.client_secret.as_ref().map(ExposeSecret::expose_secret);
    let in_body = in_body.map(|secret| (request.client_id.as_str(), secret));
    let app = match authenticate(&registry, &headers, in_body) {
        Ok(app) => app,
        Err(refused) => return refused,
    };
    if app.client_id != request.client_id {
        let sentence = "client_id is not the app that the secret belongs to.";
        return error_page::json(StatusCode::FORBIDDEN, "client_mismatch", sentence);
    }
    if !app.handoff {
        let sentence = "This app is not registered for handoffs.";
        return error_page::json(StatusCode::FORBIDDEN, "unauthorized_client", sentence);
    }
    match handoffs.redeem(app, &request.handoff_token, &request.state).await {
        Ok(answer) => Json(answer).into_response(),
        Err(refusal) => refused(&refusal),
    }
}

fn refused(refusal: &VerifyRefusal) -> Response {
    let (status, sentence) = match refusal {
        VerifyRefusal::Unknown => (StatusCode::BAD_REQUEST, "This token is unknown, or was used before."),
        VerifyRefusal::WrongClient => (StatusCode::FORBIDDEN, "This token is for another app."),
        VerifyRefusal::InvalidState => (StatusCode::BAD_REQUEST, "This token belongs to another state."),
        VerifyRefusal::Expired => (StatusCode::BAD_REQUEST, "This token is too old."),
        VerifyRefusal::SessionEnded => (StatusCode::BAD_REQUEST, "The session behind it has ended."),
        VerifyRefusal::QuotaExceeded(_) => {
            (StatusCode::TOO_MANY_REQUESTS, "Too many refused tokens; please wait.")
        }
        VerifyRefusal::Store(_) => (StatusCode::SERVICE_UNAVAILABLE, "The store does not answer."),
    };
    let name = match refusal {
        VerifyRefusal::Store(_) => "session_unavailable".to_owned(),
        named => named.to_string(),
    };
    let mut answer = error_page::json(status, &name, sentence);
    if let VerifyRefusal::QuotaExceeded(limit) = refusal {
        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(limit.retry_after));
    }
    answer
}
