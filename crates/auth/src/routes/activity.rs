//! `POST /auth/activity` and `POST /auth/idle`: tabs report the activity and idleness of a user who stays on
//! one page (article 4, "sync timers between tabs for `lastUserActionTime` … so you don't logout users in one
//! tab because they were active in another").

use super::Form;
use crate::{
    Refusal,
    cookie::{CookieKind, CookieSettings, Cookies, SessionId, set_cookies},
    origin::RequestOrigin,
    session::{IdleEnd, Session, SessionRecord, Sessions},
};
use auth_types::{CurrentSession, SessionState, SessionTimes};
use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use std::sync::Arc;

/// Longest accepted `ago`, in milliseconds: a day.
const LONGEST_AGO: i64 = 24 * 60 * 60 * 1000;

/// `POST /auth/activity`, form `ago` (milliseconds since the user did something): records user activity at
/// that time. Answers `{"now", "last_activity", "expires"}`, milliseconds since 1970, or `null` when signed
/// out: that is no error, because the tab may not know yet.
///
/// # Errors
/// 400 `invalid_parameters`; 503 when the store is down.
pub(super) async fn activity(
    State(sessions): State<Sessions>,
    State(settings): State<Arc<CookieSettings>>,
    RequestOrigin(origin): RequestOrigin,
    session: Option<Session>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<impl IntoResponse, Refusal> {
    let invalid =
        || Refusal::invalid_parameters("ago must be the milliseconds since the user did something.");
    form.only(&["ago"]).map_err(|_| invalid())?;
    let ago = form.get("ago").and_then(|text| text.parse().ok()).ok_or_else(invalid)?;
    if !(0..=LONGEST_AGO).contains(&ago) {
        return Err(invalid());
    }
    let Some(session) = session else { return Ok((set_cookies(Vec::new()), Json(None))) };
    let active_before = TimeDelta::milliseconds(ago);
    if let Some(record) = sessions.note_activity(&session.key, &session.record, active_before).await? {
        let cookies = renewed(&sessions, settings.at(&origin, &headers), &session, &record).await;
        return Ok((set_cookies(cookies), Json(Some(sessions.times(&record)))));
    }
    // Another tab reported later activity, or the session has ended.
    let times = match sessions.load(&session.key).await? {
        SessionState::SignedIn(session) => Some(sessions.times(&session.record)),
        SessionState::SignedOut(_) => None,
    };
    Ok((set_cookies(Vec::new()), Json(times)))
}

/// Returns the session cookie with its new age. A sign-out may have happened in the meantime, and an ended
/// session gets no cookie.
async fn renewed(
    sessions: &Sessions,
    jar: Cookies<'_>,
    session: &Session,
    record: &SessionRecord,
) -> Vec<HeaderValue> {
    // A neighbour on the same domain may have planted another cookie of that name.
    let is_own = |value: &&str| SessionId::parse(value).is_some_and(|id| id.key() == session.key);
    let Some(value) = jar.values(CookieKind::Session).find(is_own) else {
        return Vec::new();
    };
    let lives = sessions.is_live(&session.key).await.unwrap_or(false);
    let seconds = sessions.cookie_seconds(record);
    lives.then(|| jar.set(CookieKind::Session, value, Some(seconds))).into_iter().collect()
}

/// `POST /auth/idle`, form `last_activity` (milliseconds since 1970, as the server reported it): a tab finds
/// that its user has been away for too long. Answers 200 `{"ended": true}` if the session has ended, now or
/// before.
///
/// # Errors
/// 409 `newer_activity` if the user was active later than the tab knows, and `not_idle` if the idle limit is
/// not reached, both with the current times; 400 `invalid_parameters`; 503 when the store is down.
pub(super) async fn idle(
    State(sessions): State<Sessions>,
    Extension(current): Extension<CurrentSession<Session>>,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let session = match current? {
        SessionState::SignedIn(session) => session,
        // The session check before this handler has usually found the user idle and ended the session.
        SessionState::SignedOut(_) => return Ok(ended()),
    };
    let invalid = || Refusal::invalid_parameters("last_activity must be a time that the server reported.");
    form.only(&["last_activity"]).map_err(|_| invalid())?;
    let last_activity = form
        .get("last_activity")
        .and_then(|text| DateTime::<Utc>::from_timestamp_millis(text.parse().ok()?))
        .ok_or_else(invalid)?;
    let (error, record) = match sessions.end_if_idle(&session.key, last_activity).await? {
        IdleEnd::Ended => return Ok(ended()),
        IdleEnd::NewerActivity(record) => ("newer_activity", record),
        IdleEnd::NotIdle(record) => ("not_idle", record),
    };
    let SessionTimes { now, last_activity, expires } = sessions.times(&record);
    let body = json!({ "error": error, "now": now, "last_activity": last_activity, "expires": expires });
    Ok((StatusCode::CONFLICT, Json(body)).into_response())
}

fn ended() -> Response {
    Json(json!({ "ended": true })).into_response()
}
