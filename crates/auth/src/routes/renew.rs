//! `POST /api/renew-token` (article 2 points to "how to rotate the refresh token").

use crate::{
    Refusal,
    refresh::{RefreshError, Refresher},
    session::{Session, rfc3339},
};
use axum::{Json, extract::State};
use http::StatusCode;
use serde_json::{Value, json};

/// Renews the session's access token now: `{"expires_at": "RFC 3339"}`, or `null` where the provider
/// names no end. Never a token.
///
/// # Errors
/// 401 signed out, or ended by the attempt; 409 `no_refresh_token`; 503 when provider or store are down,
/// and then the session goes on.
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
        RefreshError::NoRefreshToken => (StatusCode::CONFLICT, "The provider gave no refresh token."),
        RefreshError::ProviderUnavailable | RefreshError::StoreUnavailable => {
            let sentence =
                "The tokens cannot be renewed right now. Your session goes on; please try again in a moment.";
            (StatusCode::SERVICE_UNAVAILABLE, sentence)
        }
    };
    Refusal::new(status, error.to_string(), sentence)
}
