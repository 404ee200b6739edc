//! `POST /auth/session-query`.

use super::Form;
use crate::{
    Auth, Refusal,
    handoff::{SessionQuery, has_session},
    identity::message_from_identity,
    message::MessageError,
};
use axum::{Json, extract::State};
use serde_json::{Value, json};

/// `POST /auth/session-query`, form `query`: identity's signed question whether this app has a live session
/// that began with a provider session. Answers only `{"active": true}` or `{"active": false}`.
///
/// # Errors
/// 400 with the broken rule in `error_description`; 503 when the store or the keys are unavailable.
pub(super) async fn session_query(
    State(auth): State<Auth>,
    Form(form): Form,
) -> Result<Json<Value>, Refusal> {
    let query = message_from_identity::<SessionQuery>(&auth, &form).await?;
    let active = has_session(&auth, &query).await.map_err(MessageError::from)?;
    Ok(Json(json!({ "active": active })))
}
