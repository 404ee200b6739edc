//! `POST /auth/activity` and `POST /auth/idle`: what tabs tell and ask about a user who stays on one page
//! (article 4, "sync timers between tabs for `lastUserActionTime` … so you don't logout users in one tab
//! because they were active in another").

use super::Form;
use crate::{
    cookie::{CookieKind, CookieSettings, SessionId, set_cookies},
    error_page, guard,
    origin::{Origin, RequestOrigin},
    session::{CurrentSession, IdleEnd, Resolution, Session, SessionRecord, SessionUnavailable, Sessions},
};
use axum::{
    Extension, Json,
    extract::State,
    response::{IntoResponse, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue, StatusCode};
use serde_json::json;
use std::sync::Arc;

/// Longest `ago` that is taken for one, milliseconds: a day.
const LONGEST_AGO: i64 = 24 * 60 * 60 * 1000;

/// `POST /auth/activity`, form `ago` (milliseconds since the user did something): counts as user activity,
/// for when it was. `{"now", "last_activity", "expires"}`, milliseconds since 1970, or `null` when signed out:
/// a tab that does not know it yet has done nothing wrong.
///
/// # Errors
/// 400 `invalid_parameters`; 503 when the store is down.
pub(super) async fn activity(
    State(sessions): State<Sessions>,
    State(cookies): State<Arc<CookieSettings>>,
    RequestOrigin(origin): RequestOrigin,
    session: Option<Session>,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let ago =
        form.get("ago").and_then(|text| text.parse().ok()).filter(|ago| (0..=LONGEST_AGO).contains(ago));
    let Some(ago) = ago.filter(|_| form.only(&["ago"]).is_ok()) else {
        return invalid(&headers, "ago must be the milliseconds since the user did something.");
    };
    let Some(session) = session else { return Json(()).into_response() };
    match sessions.note_activity(&session.key, &session.record, TimeDelta::milliseconds(ago)).await {
        Ok(Some(record)) => {
            let renewed = renewed(&sessions, &cookies, &origin, &session, &record, &headers).await;
            (set_cookies(renewed), Json(sessions.times(&record))).into_response()
        }
        // Somebody has told of later activity, or ended the session.
        Ok(None) => match sessions.look(&session.key).await {
            Ok(Resolution::SignedIn(_, record)) => Json(sessions.times(&record)).into_response(),
            Ok(Resolution::Ended(_) | Resolution::Unknown) => Json(()).into_response(),
            Err(error) => unavailable(&headers, &error),
        },
        Err(error) => unavailable(&headers, &error),
    }
}

/// The browser keeps the cookie as long as the session now may last. A sign-out may have happened meanwhile:
/// no cookie for what has ended.
async fn renewed(
    sessions: &Sessions,
    cookies: &CookieSettings,
    origin: &Origin,
    session: &Session,
    record: &SessionRecord,
    headers: &HeaderMap,
) -> Vec<HeaderValue> {
    // A neighbour on the domain may have planted another of that name.
    let is_own = |value: &&str| SessionId::parse(value).is_some_and(|id| id.key() == session.key);
    let Some(value) = cookies.values(CookieKind::Session, origin, headers).find(is_own) else {
        return Vec::new();
    };
    let lives = sessions.lives(&session.key).await.unwrap_or(false);
    let seconds = sessions.cookie_seconds(record);
    lives.then(|| cookies.set(CookieKind::Session, origin, value, Some(seconds))).into_iter().collect()
}

/// `POST /auth/idle`, form `last_activity` (milliseconds since 1970, as the server told it): a tab finds that
/// its user is away for too long. 200 `{"ended": true}` when the session has ended, now or before.
///
/// # Errors
/// 409 `newer_activity` when the user was active later than the tab knows, and `not_idle` when the time is not
/// up, both with the times that hold; 400 `invalid_parameters`; 503 when the store is down.
pub(super) async fn idle(
    State(sessions): State<Sessions>,
    Extension(current): Extension<CurrentSession>,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let session = match current {
        CurrentSession::SignedIn(session) => session,
        // Mostly the session check, on the way here, has found the same and ended it.
        CurrentSession::SignedOut(_) => return ended(),
        CurrentSession::Unavailable => return guard::unavailable(&headers),
    };
    let last_activity = form
        .get("last_activity")
        .and_then(|text| DateTime::<Utc>::from_timestamp_millis(text.parse().ok()?))
        .filter(|_| form.only(&["last_activity"]).is_ok());
    let Some(last_activity) = last_activity else {
        return invalid(&headers, "last_activity must be what the server said it was.");
    };
    let (error, record) = match sessions.end_if_idle(&session.key, last_activity).await {
        Ok(IdleEnd::Ended) => return ended(),
        Ok(IdleEnd::NewerActivity(record)) => ("newer_activity", record),
        Ok(IdleEnd::NotIdle(record)) => ("not_idle", record),
        Err(error) => return unavailable(&headers, &error),
    };
    let times = sessions.times(&record);
    let body = json!({
        "error": error,
        "now": times.now,
        "last_activity": times.last_activity,
        "expires": times.expires,
    });
    (StatusCode::CONFLICT, Json(body)).into_response()
}

fn ended() -> Response {
    Json(json!({ "ended": true })).into_response()
}

fn invalid(headers: &HeaderMap, sentence: &str) -> Response {
    error_page::refuse(headers, StatusCode::BAD_REQUEST, "invalid_parameters", sentence)
}

fn unavailable(headers: &HeaderMap, error: &SessionUnavailable) -> Response {
    tracing::warn!(error = %error.0, "the times of a session could not be looked after");
    guard::unavailable(headers)
}
