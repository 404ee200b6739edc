//! `GET /auth/session`.

use crate::session::Session;
use auth_types::PublicSession;
use axum::Json;

/// `{"user": {…}, "expires": "RFC 3339"}`, or `null` when signed out; never a token. Reading it does
/// not extend the session.
///
/// # Errors
/// 503 when the store cannot say.
pub(super) async fn session(session: Option<Session>) -> Json<Option<PublicSession>> {
    Json(session.map(|session| session.public()))
}
