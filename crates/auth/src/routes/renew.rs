//! `POST /api/renew-token` (article 2 points to "how to rotate the refresh token").

use crate::{
    Refusal,
    refresh::{RefreshError, Refresher},
    session::{Session, rfc3339},
};
use axum::{Json, extract::State};
use http::StatusCode;
use serde_json::{Value, json};

/// Renews the session's access token now. Answers `{"expires_at": "RFC 3339"}`, or `null` as the time if the
/// provider names no expiry. The answer never contains a token.
///
/// # Errors
/// 401 signed out, or if the attempt ended the session; 409 `no_refresh_token`; 503 when the provider or the
/// store is down, and the session continues.
pub(super) async fn renew(
    State(refresher): State<Refresher>,
    session: Session,
) -> Result<Json<Value>, Refusal> {
    let expires_at = refresher.renew(&session).await.map_err(refusal)?;
    Ok(Json(json!({ "expires_at": expires_at.map(rfc3339) })))
}

fn refusal(error: RefreshError) -> Refusal {
    let (status, sentence) = match error {
        RefreshError::Ended => (StatusCode::UNAUTHORIZED, "Please sign in again."),
        RefreshError::NoRefreshToken => (StatusCode::CONFLICT, "The provider issued no refresh token."),
        RefreshError::ProviderUnavailable | RefreshError::StoreUnavailable => {
            let sentence =
                "The tokens cannot be renewed right now. Your session continues; please try again later.";
            (StatusCode::SERVICE_UNAVAILABLE, sentence)
        }
    };
    Refusal::new(status, error.to_string(), sentence)
}
