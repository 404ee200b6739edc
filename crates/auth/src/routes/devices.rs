//! "My devices": `GET /auth/sessions`, `DELETE /auth/sessions/{public id}`, and a form for pages without
//! JavaScript.

use super::Form;
use crate::{
    Auth, Refusal,
    cookie::{CookieKind, Cookies, set_cookies},
    origin::RequestOrigin,
    session::{Session, Sessions},
    silent,
    store::StoreError,
};
use auth_types::DeviceView;
use axum::{
    Json,
    extract::{Path, State},
    response::{IntoResponse, Redirect},
};
use http::{HeaderMap, HeaderValue, StatusCode};

/// Stands in the place of a public id, for all sessions but this one. Public ids are longer.
const OTHERS: &str = "others";

/// `GET /auth/sessions`: returns the user's live sessions, newest first, without tokens and session ids.
///
/// # Errors
/// 401 signed out; 503 when the store does not answer.
pub(super) async fn list(
    State(sessions): State<Sessions>,
    session: Session,
) -> Result<Json<Vec<DeviceView>>, Refusal> {
    Ok(Json(sessions.devices(&session).await.map_err(unavailable)?))
}

/// `DELETE /auth/sessions/{public id}`, or `others` for all but this one: answers 204 once the session has
/// ended.
///
/// # Errors
/// 401 signed out; 404 when this user has no live session with that id (another user may have one); 503 when
/// the store does not answer.
pub(super) async fn end(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    session: Session,
    Path(id): Path<String>,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let cookies = revoke(&auth, auth.cookies(&origin, &headers), &session, &id)
        .await
        .map_err(unavailable)?
        .ok_or_else(|| {
        Refusal::new(StatusCode::NOT_FOUND, "no_such_session", "You have no live session with that id.")
    })?;
    Ok((set_cookies(cookies), StatusCode::NO_CONTENT))
}

/// `POST /auth/sessions/revoke`, form `id`: does the same for pages without JavaScript. Redirects to the
/// list, which shows the remaining sessions. If the visitor is signed out now, the guard asks to sign in.
///
/// # Errors
/// 400 for unexpected fields; 503 when the store does not answer.
pub(super) async fn end_by_form(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    session: Option<Session>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<impl IntoResponse, Refusal> {
    let unclear = || Refusal::invalid_parameters("The form does not say which session to end.");
    form.only(&["id"]).map_err(|_| unclear())?;
    let id = form.get("id").ok_or_else(unclear)?;
    let cookies = match &session {
        Some(session) => {
            revoke(&auth, auth.cookies(&origin, &headers), session, id).await.map_err(unavailable)?
        }
        None => None,
    };
    // Without a session, the guard would ask the provider, on another origin. A form's redirects may not lead there.
    let pages = auth.pages();
    let to = if session.is_some() { pages.sessions.clone() } else { pages.login_url(&pages.sessions) };
    Ok((set_cookies(cookies.unwrap_or_default()), Redirect::to(&to)))
}

/// Ends the sessions that `id` names. Returns the cookies to set, or `None` if the user has no live session
/// with that id.
async fn revoke(
    auth: &Auth,
    jar: Cookies<'_>,
    own: &Session,
    id: &str,
) -> Result<Option<Vec<HeaderValue>>, StoreError> {
    if id == OTHERS {
        let ended = auth.sessions().end_other_devices(own).await?;
        tracing::info!(session = own.record.public_id, ended, "ended all other sessions of a user");
        return Ok(Some(Vec::new()));
    }
    if !auth.sessions().end_device(own, id).await? {
        return Ok(None);
    }
    tracing::info!(session = own.record.public_id, ended = id, "ended a session of a user");
    if id != own.record.public_id {
        return Ok(Some(Vec::new()));
    }
    Ok(Some([jar.clear_everywhere(CookieKind::Session), silent::mark_sign_out(auth, jar)].concat()))
}

fn unavailable(error: StoreError) -> Refusal {
    Refusal::from(error)
        .with_sentence("Your sessions cannot be read or ended right now. Please try again in a moment.")
}
