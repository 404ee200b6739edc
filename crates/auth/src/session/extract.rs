//! The session as an argument of a handler.

use super::{AppDataType, CurrentSession, SessionKey, SessionRecord, shown};
use crate::guard;
use auth_types::PublicSession;
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::Response,
};
use http::request::Parts;
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
    pub(super) app_data: Option<AppDataType>,
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
        let data = self.app_data.map(|app_data| app_data.public(&self.record)).unwrap_or_default();
        shown::public(&self.record, data)
    }
}

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        match parts.extensions.get::<CurrentSession>() {
            Some(CurrentSession::SignedIn(session)) => Ok(session.clone()),
            Some(CurrentSession::Unavailable) => Err(guard::unavailable(&parts.headers)),
            Some(CurrentSession::SignedOut(_)) | None => Err(guard::signed_out()),
        }
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Response> {
        match parts.extensions.get::<CurrentSession>() {
            Some(CurrentSession::SignedIn(session)) => Ok(Some(session.clone())),
            Some(CurrentSession::Unavailable) => Err(guard::unavailable(&parts.headers)),
            Some(CurrentSession::SignedOut(_)) | None => Ok(None),
        }
    }
}

/// A live session, or the answer that the guard would give: for a document 303 to `/login?callbackUrl=…`
/// with an empty body (or a silent sign-in first), for a call of an API or a server function 401 `{"error": "signed_out"}`, and 503
/// with `Retry-After` where the store cannot say. For what stands on the list of public paths and needs a
/// session all the same, and for apps without a guard.
///
/// ```
/// use auth::session::RequireSession;
/// # use axum::{Router, routing::get};
///
/// async fn invoice(RequireSession(session): RequireSession) -> String {
///     format!("For {}", session.public().user.name)
/// }
/// # let _: Router = Router::new().route("/invoice", get(invoice));
/// ```
#[derive(Clone, Debug)]
pub struct RequireSession(pub Session);

impl<S: Sync> FromRequestParts<S> for RequireSession {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Response> {
        guard::live(&parts.extensions, &parts.method, &parts.uri, &parts.headers).cloned().map(Self)
    }
}
