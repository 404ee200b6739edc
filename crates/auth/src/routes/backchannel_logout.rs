//! `POST /auth/backchannel-logout`.

use super::Form;
use crate::{
    Auth,
    logout::{LogoutRefusal, LogoutToken, LogoutTokenError, receive},
    store::StoreError,
};
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderValue, StatusCode, header};
use serde_json::json;

/// `POST /auth/backchannel-logout`, form `logout_token` (Back-Channel Logout 1.0 §2.5): 200 when what it
/// names has ended, be it one session, many or none.
///
/// # Errors
/// 400 with the rule it broke in `error_description`; 503 when store or keys are not to be had.
pub(super) async fn backchannel_logout(State(auth): State<Auth>, Form(form): Form) -> Response {
    receive_logout(&auth, &form, async |_, _| Ok(())).await
}

/// The same for who has more to do: `also` runs once the sessions here have ended. It is given the token
/// and an id that is the same for each try of the same token.
pub async fn receive_logout(
    auth: &Auth,
    form: &crate::origin::UniqueParams,
    also: impl AsyncFnOnce(&LogoutToken, [u8; 32]) -> Result<(), StoreError>,
) -> Response {
    let received = match form.get("logout_token") {
        Some(token) => receive(auth, token, also).await,
        None => Err(LogoutTokenError::Missing.into()),
    };
    let mut answer = match received {
        Ok(()) => StatusCode::OK.into_response(),
        Err(LogoutRefusal::Token(rule)) => {
            tracing::warn!(%rule, "a logout token was refused");
            let body = json!({ "error": "invalid_request", "error_description": rule.to_string() });
            (StatusCode::BAD_REQUEST, Json(body)).into_response()
        }
        Err(error) => {
            tracing::error!(%error, "a logout token could not be looked at");
            let retry_after = [(header::RETRY_AFTER, HeaderValue::from_static("5"))];
            let body = json!({ "error": "temporarily_unavailable", "error_description": error.to_string() });
            (StatusCode::SERVICE_UNAVAILABLE, retry_after, Json(body)).into_response()
        }
    };
    // §2.8.
    answer.headers_mut().insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    answer
}
