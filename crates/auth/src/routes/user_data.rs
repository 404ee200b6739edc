//! `POST /api/update-user-data`: article 2's demo changes its own data in the session.

use crate::{
    Auth, error_page,
    session::{Session, UpdateError},
};
use auth_types::AppData;
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use http::{HeaderMap, StatusCode};

/// JSON, the app's [`AppData::Update`]; returns the updated user.
///
/// # Errors
/// 415 for another content type, 400 for what is no JSON, 422 for a wrong or unknown field (named), 413
/// for too much, 401 when the session has ended, 503 when the store is down. Nothing is changed then.
pub(crate) async fn update<D: AppData>(
    State(auth): State<Auth>,
    session: Session,
    headers: HeaderMap,
    body: Result<Json<D::Update>, JsonRejection>,
) -> Response {
    let Json(update) = match body {
        Ok(update) => update,
        Err(rejection) => {
            return error_page::json(rejection.status(), "invalid_user_data", &rejection.body_text());
        }
    };
    let error = match auth.update_data::<D>(&session, &update).await {
        Ok(session) => return Json(session.public().user).into_response(),
        Err(error) => error,
    };
    match error {
        UpdateError::Invalid(invalid) => {
            let sentence = invalid.to_string();
            error_page::json(StatusCode::UNPROCESSABLE_ENTITY, "invalid_user_data", &sentence)
        }
        UpdateError::TooLarge => {
            let sentence = "That is more than a session can keep.";
            error_page::json(StatusCode::PAYLOAD_TOO_LARGE, "user_data_too_large", sentence)
        }
        UpdateError::SignedOut => crate::guard::signed_out(),
        UpdateError::Unavailable(_) => crate::guard::unavailable(&headers),
    }
}
