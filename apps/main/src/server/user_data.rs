//! What the main app keeps about a user in their session: a favourite number.

use auth::{
    Auth, error_page,
    session::{DataError, Session, SessionRecord},
};
use auth_types::PublicUser;
use axum::{
    Json,
    extract::{State, rejection::JsonRejection},
    response::{IntoResponse, Response},
};
use http::{StatusCode, request::Parts};
use leptos::prelude::use_context;
use main::server_fns::{FAVOURITE_NUMBER, SaveError, Saving, UserData};
use serde::Deserialize;
use serde_json::{Map, Value};

/// The fields that may be changed, and nothing else.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Update {
    favourite_number: i32,
}

/// `POST /api/update-user-data`, JSON `{"favourite_number": 7}`: returns the updated user.
///
/// # Errors
/// 415 for another content type, 400 for what is no JSON, 422 for a wrong or unknown field (named),
/// 401 when the session has ended meanwhile, 503 when the store is down. Nothing is changed then.
pub(super) async fn update(
    State(auth): State<Auth>,
    session: Session,
    body: Result<Json<Update>, JsonRejection>,
) -> Response {
    let number = match body {
        Ok(Json(update)) => update.favourite_number,
        Err(rejection) => {
            return error_page::json(rejection.status(), "invalid_user_data", &rejection.body_text());
        }
    };
    match save(&auth, &session, number).await {
        Ok(user) => Json(user).into_response(),
        Err(SaveError::SignedOut) => {
            error_page::json(StatusCode::UNAUTHORIZED, "signed_out", "Please sign in first.")
        }
        Err(SaveError::Unavailable) => error_page::json(
            StatusCode::SERVICE_UNAVAILABLE,
            "session_unavailable",
            "Nothing was saved; try again.",
        ),
    }
}

async fn save(auth: &Auth, session: &Session, number: i32) -> Result<PublicUser, SaveError> {
    let set_number = |data: &str| {
        let mut data = serde_json::from_str::<Map<String, Value>>(data).unwrap_or_default();
        data.insert(FAVOURITE_NUMBER.to_owned(), Value::from(number));
        serde_json::to_string(&data)
    };
    match auth.sessions.change_data(&session.key, set_number).await {
        Ok(data) => {
            let record = SessionRecord { data, ..(*session.record).clone() };
            Ok(record.public().user)
        }
        Err(DataError::SignedOut) => Err(SaveError::SignedOut),
        Err(error) => {
            tracing::error!(%error, "user data was not saved");
            Err(SaveError::Unavailable)
        }
    }
}

/// The same for server functions: the session of the request that is being answered.
pub(super) struct SessionUserData {
    auth: Auth,
    session: Session,
}

impl SessionUserData {
    /// `None` when the request has no live session.
    pub(super) fn of_request(auth: &Auth) -> Option<Self> {
        let parts = use_context::<Parts>()?;
        let session = Session::of(&parts)?;
        Some(Self { auth: auth.clone(), session })
    }
}

impl UserData for SessionUserData {
    fn save_favourite_number(&self, number: i32) -> Saving {
        let (auth, session) = (self.auth.clone(), self.session.clone());
        Box::pin(async move { save(&auth, &session, number).await.map(|_| ()) })
    }
}
