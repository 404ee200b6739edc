//! The session as an argument of a handler.

use super::{CurrentSession, SessionKey, SessionRecord};
use crate::error_page;
use auth_types::PublicSession;
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::Response,
};
use http::{StatusCode, request::Parts};
use std::sync::Arc;

/// A live session. `Session` as an argument answers 401 without one; `Option<Session>` is for
/// handlers that serve both. Either answers 503 when the store cannot say.
///
/// ```
/// # use auth::session::Session;
/// async fn greet(session: Option<Session>) -> String {
///     match session {
///         Some(session) => format!("Hello, {}!", session.public().user.name),
///         None => "Hello, stranger!".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    /// Under which the store knows it.
    pub key: SessionKey,
    /// What is known about it.
    pub record: Arc<SessionRecord>,
}

impl Session {
    /// The session of a request that came through the layers, for code that has only its parts.
    #[must_use]
    pub fn of(parts: &Parts) -> Option<Self> {
        match parts.extensions.get::<CurrentSession>() {
            Some(CurrentSession::SignedIn(session)) => Some(session.clone()),
            _ => None,
        }
    }

    /// What everybody may see of it.
    #[must_use]
    pub fn public(&self) -> PublicSession {
        self.record.public()
    }
}

fn unavailable(parts: &Parts) -> Response {
    error_page::refuse(
        &parts.headers,
        StatusCode::SERVICE_UNAVAILABLE,
        "session_unavailable",
        "Sessions cannot be checked right now. Please try again in a moment.",
    )
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match parts.extensions.get::<CurrentSession>() {
            Some(CurrentSession::SignedIn(session)) => Ok(session.clone()),
            Some(CurrentSession::Unavailable) => Err(unavailable(parts)),
            Some(CurrentSession::SignedOut(_)) | None => {
                Err(error_page::json(StatusCode::UNAUTHORIZED, "signed_out", "Please sign in first."))
            }
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
        match parts.extensions.get::<CurrentSession>() {
            Some(CurrentSession::SignedIn(session)) => Ok(Some(session.clone())),
            Some(CurrentSession::Unavailable) => Err(unavailable(parts)),
            Some(CurrentSession::SignedOut(_)) | None => Ok(None),
        }
    }
}
