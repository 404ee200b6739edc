//! `POST /api/update-user-data`: article 2's demo changes its own data in the session.

use crate::{Auth, Refusal, session::Session};
use auth_types::{AppData, PublicUser};
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
};

/// JSON, the app's [`AppData::Update`]; returns the updated user.
///
/// # Errors
/// 415 for another content type, 400 for what is no JSON, 422 for a wrong or unknown field (named), 413
/// for too much, 401 when the session has ended, 503 when the store is down. Nothing is changed then.
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
