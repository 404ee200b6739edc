//! `GET /auth/session`.

use crate::session::Session;
use auth_types::PublicSession;
use axum::Json;

/// Answers `{"user": {…}, "expires": "RFC 3339"}`, or `null` when signed out; never a token. Reading the
/// session does not extend it.
///
/// # Errors
/// 503 when the store does not answer.
pub(super) async fn session(session: Option<Session>) -> Json<Option<PublicSession>> {
    Json(session.map(|session| session.public()))
}
