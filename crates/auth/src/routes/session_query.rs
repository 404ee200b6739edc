//! `POST /auth/session-query`.

use super::Form;
use crate::{
    Auth, error_page,
    handoff::{QueryRefusal, answer_session_query},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::StatusCode;
use serde_json::json;

/// `POST /auth/session-query`, form `query`: identity's signed question whether a provider's session has a live
/// session here. `{"active": true}` or `{"active": false}`, and nothing else.
///
/// # Errors
/// 400 with the rule that the question broke; 503 when store or keys are not to be had.
pub(super) async fn session_query(State(auth): State<Auth>, Form(form): Form) -> Response {
    let refusal = match answer_session_query(&auth, form.get("query").unwrap_or_default()).await {
        Ok(active) => return Json(json!({ "active": active })).into_response(),
        Err(refusal) => refusal,
    };
    let status = match &refusal {
        QueryRefusal::Keys(_) | QueryRefusal::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        _ => StatusCode::BAD_REQUEST,
    };
    tracing::warn!(rule = %refusal, "a question about a session was not answered");
    error_page::json(status, "invalid_request", &refusal.to_string())
}
