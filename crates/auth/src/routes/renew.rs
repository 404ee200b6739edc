//! `POST /api/renew-token` (article 2 points to "how to rotate the refresh token").

use crate::{
    error_page,
    refresh::{RefreshError, Refresher},
    session::{Session, rfc3339},
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};
use serde_json::json;

/// Renews the session's access token now: `{"expires_at": "RFC 3339"}`, or `null` where the provider
/// names no end. Never a token.
///
/// # Errors
/// 401 signed out, or ended by the attempt; 409 `no_refresh_token`; 503 when provider or store are down,
/// and then the session goes on.
pub(super) async fn renew(
    State(refresher): State<Refresher>,
    session: Session,
    headers: HeaderMap,
) -> Response {
    let error = match refresher.renew(&session).await {
        Ok(expires_at) => return Json(json!({ "expires_at": expires_at.map(rfc3339) })).into_response(),
        Err(error) => error,
    };
    let (status, sentence) = match error {
        RefreshError::Ended => (StatusCode::UNAUTHORIZED, "Please sign in again."),
        RefreshError::NoRefreshToken => (StatusCode::CONFLICT, "The provider gave nothing to renew with."),
        RefreshError::ProviderUnavailable | RefreshError::StoreUnavailable => {
            (StatusCode::SERVICE_UNAVAILABLE, "Not now; your session goes on. Please try again in a moment.")
        }
    };
    error_page::refuse(&headers, status, &error.to_string(), sentence)
}
