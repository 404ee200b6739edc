//! `POST /api/update-user-data`: changes the app's data in the session (article 2).

use crate::{Auth, Refusal, session::Session};
use auth_types::{AppData, PublicUser};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};

/// Takes the app's [`AppData::Update`] as JSON; returns the updated user.
///
/// # Errors
/// 415 for another content type; 400 for invalid JSON; 422 for a wrong or unknown field, by name; 413 for too
/// much data; 401 if the session has ended; 503 when the store is down. Only after a 503 may the data have
/// changed.
pub(crate) async fn update<D: AppData>(
    State(auth): State<Auth>,
    session: Session,
    body: Result<Json<D::Update>, JsonRejection>,
) -> Result<Json<PublicUser>, Refusal> {
    let Json(update) = body.map_err(|rejection| {
        Refusal::new(rejection.status(), "invalid_user_data", rejection.body_text()).as_json()
    })?;
    let session = auth.update_data::<D>(&session, &update).await?;
    Ok(Json(session.public().user))
}
