//! `GET /api/get-session-status` (article 2, "Handling Authorization Per Route").

use crate::session::Session;
use auth_types::SessionStatus;
use axum::Json;

/// HTTP 200 with `{"status":200}` signed in, `{"status":401}` signed out. Asked before a navigation,
/// it counts as activity and extends the session; with `?peek=1` it does not.
///
/// # Errors
/// 503 when the store cannot say.
pub(super) async fn status(session: Option<Session>) -> Json<SessionStatus> {
    Json(if session.is_some() { SessionStatus::SIGNED_IN } else { SessionStatus::SIGNED_OUT })
}
