//! `GET /api/get-session-status` (article 2, "Handling Authorization Per Route").

use crate::session::Session;
use auth_types::SessionStatus;
use axum::Json;

/// Answers HTTP 200 with `{"status":200}` if signed in, else `{"status":401}`. A request before a navigation
/// counts as activity and extends the session. A request with `?peek=1` does not.
///
/// # Errors
/// 503 when the store does not answer.
pub(super) async fn status(session: Option<Session>) -> Json<SessionStatus> {
    Json(if session.is_some() { SessionStatus::SIGNED_IN } else { SessionStatus::SIGNED_OUT })
}
