//! "My devices": `GET /auth/sessions`, `DELETE /auth/sessions/{public id}`, and the same as a form.

use super::Form;
use crate::{
    Auth,
    cookie::{CookieKind, set_cookies},
    error_page,
    origin::{Origin, RequestOrigin},
    session::{Session, SessionUnavailable, Sessions},
    silent,
};
use auth_types::DeviceView;
use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode};

/// In the place of a public id: all sessions but this one. No public id is this short.
const OTHERS: &str = "others";

/// `GET /auth/sessions`: the user's live sessions, the newest first; no token and no session id.
///
/// # Errors
/// 401 signed out; 503 when the store cannot say.
pub(super) async fn list(State(sessions): State<Sessions>, session: Session, headers: HeaderMap) -> Response {
    match sessions.devices(&session).await {
        Ok(devices) => Json::<Vec<DeviceView>>(devices).into_response(),
        Err(error) => unavailable(&error, &headers),
    }
}

/// `DELETE /auth/sessions/{public id}`, or `others` for all but this one: 204 once it has ended.
///
/// # Errors
/// 401 signed out; 404 when this user has no live session of that id, somebody else's included; 503
/// when the store does not answer: then nothing has ended.
pub(super) async fn end(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    session: Session,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Response {
    match revoke(&auth, &origin, &session, &id).await {
        Ok(Some(cookies)) => (set_cookies(cookies), StatusCode::NO_CONTENT).into_response(),
        Ok(None) => error_page::refuse(
            &headers,
            StatusCode::NOT_FOUND,
            "no_such_session",
            "You have no live session of that name.",
        ),
        Err(error) => unavailable(&error, &headers),
    }
}

/// `POST /auth/sessions/revoke`, form `id`: the same for pages without JavaScript. Leads back to the
/// list, which shows what is left; signed out, the guard there asks to sign in.
///
/// # Errors
/// 400 when the form is another one; 503 when the store does not answer: then nothing has ended.
pub(super) async fn end_by_form(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    session: Option<Session>,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let Some(id) = form.get("id").filter(|_| form.only(&["id"]).is_ok()) else {
        let sentence = "The form does not say which session to end.";
        return error_page::refuse(&headers, StatusCode::BAD_REQUEST, "invalid_parameters", sentence);
    };
    let ended = match &session {
        Some(session) => revoke(&auth, &origin, session, id).await,
        None => Ok(None),
    };
    match ended {
        Ok(cookies) => {
            (set_cookies(cookies.unwrap_or_default()), Redirect::to(&auth.pages().sessions)).into_response()
        }
        Err(error) => unavailable(&error, &headers),
    }
}

/// Ends what `id` names; the cookies to set once it has ended, `None` when there was nothing of that id.
async fn revoke(
    auth: &Auth,
    origin: &Origin,
    own: &Session,
    id: &str,
) -> Result<Option<Vec<HeaderValue>>, SessionUnavailable> {
    if id == OTHERS {
        let ended = auth.sessions().end_other_devices(own).await?;
        tracing::info!(session = own.record.public_id, ended, "ended all other sessions of a user");
        return Ok(Some(Vec::new()));
    }
    if !auth.sessions().end_device(own, id).await? {
        return Ok(None);
    }
    tracing::info!(session = own.record.public_id, ended = id, "ended a session of a user");
    let sign_out = || {
        [auth.cookies().clear_everywhere(CookieKind::Session, origin), silent::ended(auth, origin)].concat()
    };
    Ok(Some(if id == own.record.public_id { sign_out() } else { Vec::new() }))
}

fn unavailable(error: &SessionUnavailable, headers: &HeaderMap) -> Response {
    tracing::error!(error = %error.0, "the sessions of a user could not be read or ended");
    let sentence = "Your sessions cannot be read or ended right now. Please try again in a moment.";
    error_page::refuse(headers, StatusCode::SERVICE_UNAVAILABLE, "session_unavailable", sentence)
}
