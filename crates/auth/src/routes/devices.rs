//! "My devices": `GET /auth/sessions`, `DELETE /auth/sessions/{public id}`, and the same as a form.

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

/// In the place of a public id: all sessions but this one. No public id is this short.
const OTHERS: &str = "others";

/// `GET /auth/sessions`: the user's live sessions, the newest first; no token and no session id.
///
/// # Errors
/// 401 signed out; 503 when the store does not answer.
pub(super) async fn list(
    State(sessions): State<Sessions>,
    session: Session,
) -> Result<Json<Vec<DeviceView>>, Refusal> {
    Ok(Json(sessions.devices(&session).await.map_err(unavailable)?))
}

/// `DELETE /auth/sessions/{public id}`, or `others` for all but this one: 204 once it has ended.
///
/// # Errors
/// 401 signed out; 404 when this user has no live session of that id (another user may have one); 503
/// when the store does not answer, and then nothing has ended.
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
        Refusal::new(StatusCode::NOT_FOUND, "no_such_session", "You have no live session of that name.")
    })?;
    Ok((set_cookies(cookies), StatusCode::NO_CONTENT))
}

/// `POST /auth/sessions/revoke`, form `id`: does the same for pages without JavaScript. Leads back to the list, which
/// shows the remaining sessions. If the visitor is signed out now, the guard asks to sign in.
///
/// # Errors
/// 400 when the form is another one; 503 when the store does not answer, and then nothing has ended.
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
    Ok((set_cookies(cookies.unwrap_or_default()), Redirect::to(&auth.pages().sessions)))
}

/// Ends what `id` names; the cookies to set once it has ended, `None` when there was nothing of that id.
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
    Ok(Some([jar.clear_everywhere(CookieKind::Session), silent::ended(auth, jar)].concat()))
}

fn unavailable(error: StoreError) -> Refusal {
    Refusal::from(error)
        .with_sentence("Your sessions cannot be read or ended right now. Please try again in a moment.")
}
