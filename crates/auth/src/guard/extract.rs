//! Extractors: the session as an argument of a handler.

use crate::{Refusal, session::Session};
use auth_types::CurrentSession;
use axum::{
    extract::{FromRequestParts, OptionalFromRequestParts},
    response::Response,
};
use http::request::Parts;

impl<S: Sync> FromRequestParts<S> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Refusal> {
        let session = <Self as OptionalFromRequestParts<S>>::from_request_parts(parts, state).await?;
        session.ok_or_else(Refusal::signed_out)
    }
}

impl<S: Sync> OptionalFromRequestParts<S> for Session {
    type Rejection = Refusal;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Option<Self>, Refusal> {
        match parts.extensions.get::<CurrentSession<Self>>() {
            Some(Ok(state)) => Ok(state.session().cloned()),
            Some(Err(error)) => Err((*error).into()),
            None => Ok(None),
        }
    }
}

/// Extracts a live session. A request without a session gets the guard's answer:
///
/// - a document: 303 to `/login?callbackUrl=…` with an empty body, or a silent sign-in first
/// - a call of an API or a server function: 401 `{"error": "signed_out"}`
/// - any request while the store does not answer: 503 with `Retry-After`
///
/// Use `RequireSession` on public paths that need a session all the same.
///
/// ```
/// use auth::guard::RequireSession;
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
        super::live(&parts.extensions, &parts.method, &parts.uri).cloned().map(Self)
    }
}
