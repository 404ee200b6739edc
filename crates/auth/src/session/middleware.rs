//! Resolves the session once per request, before anything else runs.

use super::{Activity, CookieKind, Resolution, Session, silent};
use crate::{
    Auth,
    origin::{FetchMetadata, Origin},
};
use auth_types::{EndReason, SessionState};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Method, Uri, header::SET_COOKIE, request::Parts};
use std::sync::Arc;

/// What the session check found; in the extensions of every request that reaches a handler.
#[derive(Clone, Debug)]
pub enum CurrentSession {
    /// A live session.
    SignedIn(Session),
    /// None, or one that has ended.
    SignedOut(Option<EndReason>),
    /// The store did not answer.
    Unavailable,
}

impl CurrentSession {
    /// The same, as pages see it.
    #[must_use]
    pub fn state(&self) -> SessionState {
        match self {
            Self::SignedIn(session) => {
                SessionState::SignedIn { session: session.public(), facts: session.record.facts() }
            }
            Self::SignedOut(reason) => SessionState::SignedOut(*reason),
            Self::Unavailable => SessionState::Unavailable,
        }
    }
}

/// Whether the answer becomes the page in a browser's tab.
fn is_navigation(method: &Method, headers: &HeaderMap) -> bool {
    let said = FetchMetadata::of(headers);
    let is_page =
        if said.mode.is_empty() { crate::error_page::accepts_html(headers) } else { said.opens_a_page() };
    method.is_safe() && is_page
}

/// Whether a request is a person doing something. Only that extends a session; polls, streams,
/// prefetches and `GET /auth/…` do not.
fn activity(method: &Method, uri: &Uri, headers: &HeaderMap) -> Activity {
    let path = uri.path();
    let is_peek = || uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "peek=1"));
    let by_person = if FetchMetadata::of(headers).is_prefetch() || path.starts_with("/auth/") {
        false
    } else if path == "/api/get-session-status" {
        !is_peek()
    } else if method.is_safe() {
        is_navigation(method, headers)
    } else {
        true
    };
    if by_person { Activity::User } else { Activity::Background }
}

/// What the answer does to the session cookie.
enum CookieChange {
    /// Activity was written down: the browser keeps the cookie longer. The value is sent back as it came.
    Renew { value: String, session: Session },
    /// It opens nothing.
    Clear,
    /// It opened a session that has ended: the cookie stays until a page could say why. Clearing it any
    /// earlier, from some fetch that was slow, might hit a cookie that is newer than the request.
    ClearOnPage(EndReason),
}

/// What is left to do about the session cookie once the answer is there.
pub(crate) struct CookieStep {
    change: CookieChange,
    /// Whether the answer becomes the page in a tab.
    is_navigation: bool,
}

/// Finds the session and extends it where a person was active. Also says what is to be done about the cookie,
/// if anything.
pub(crate) async fn resolve(
    auth: &Auth,
    origin: &Origin,
    request: &Parts,
) -> (CurrentSession, Option<CookieStep>) {
    let Parts { method, uri, headers, .. } = request;
    let mut values = auth.cookies.values(CookieKind::Session, origin, headers);
    let Some(first) = values.next() else {
        return (CurrentSession::SignedOut(None), None);
    };
    let second = values.next();
    let activity = activity(method, uri, headers);
    // Nearly always there is one cookie, its session was looked up a moment ago, and nothing is to be written.
    let remembered = if second.is_none() { remembered(auth, first, activity) } else { None };
    let (current, change) = match remembered {
        Some(session) => (CurrentSession::SignedIn(session), None),
        None => {
            let values = [first].into_iter().chain(second).chain(values).map(ToOwned::to_owned).collect();
            Box::pin(find(auth, values, activity)).await
        }
    };
    if let CurrentSession::SignedIn(session) = &current {
        auth.refresher.renew_if_due(session);
    }
    let step = change.map(|change| CookieStep { change, is_navigation: is_navigation(method, headers) });
    (current, step)
}

/// A session for which the store need not be asked: known to live, and with no activity to write down.
fn remembered(auth: &Auth, cookie: &str, activity: Activity) -> Option<Session> {
    let (key, record) = auth.sessions.remembered(cookie)?;
    let is_kept = activity == Activity::Background || !auth.sessions.is_touch_due(&record);
    is_kept.then(|| auth.sessions.session(key, record))
}

impl CookieStep {
    /// Adds what the answer does to the session cookie, unless the handler did something itself.
    pub(crate) async fn keep_in_step(self, auth: &Auth, origin: &Origin, response: &mut Response) {
        let name = auth.cookies.name(CookieKind::Session, origin);
        if response.headers().get_all(SET_COOKIE).iter().any(|cookie| is_named(cookie, &name)) {
            return;
        }
        let is_page = self.is_navigation && !response.status().is_redirection();
        let cookies = match self.change {
            // A sign-out may have happened while the handler ran: no cookie for what has ended.
            CookieChange::Renew { value, session } => {
                let lives = auth.sessions.lives(&session.key).await.unwrap_or(false);
                let seconds = auth.sessions.cookie_seconds(&session.record);
                let renewed = || auth.cookies.set(CookieKind::Session, origin, &value, Some(seconds));
                lives.then(renewed).into_iter().collect()
            }
            CookieChange::ClearOnPage(_) if !is_page => Vec::new(),
            // With the cookie goes the knowledge that somebody ended the session; what follows from it
            // stays.
            CookieChange::ClearOnPage(reason) if reason != EndReason::Expired => {
                vec![auth.cookies.clear(CookieKind::Session, origin), silent::ended(&auth.cookies, origin)]
            }
            CookieChange::Clear | CookieChange::ClearOnPage(_) => {
                vec![auth.cookies.clear(CookieKind::Session, origin)]
            }
        };
        for cookie in cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

fn is_named(cookie: &HeaderValue, name: &str) -> bool {
    cookie.as_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
}

/// What was found, and what the answer does to the cookie, if anything.
type Found = (CurrentSession, Option<CookieChange>);

async fn find(auth: &Auth, values: Vec<String>, activity: Activity) -> Found {
    let mut live = Vec::new();
    let mut ended = None;
    for value in values {
        match auth.sessions.resolve(&value).await {
            Ok(Resolution::SignedIn(key, record)) => live.push((value, auth.sessions.session(key, record))),
            Ok(Resolution::Ended(reason)) => ended = Some(reason),
            Ok(Resolution::Unknown) => {}
            Err(error) => {
                tracing::error!(error = %error.0, "the session store did not answer");
                return (CurrentSession::Unavailable, None);
            }
        }
    }
    live.dedup_by_key(|(_, session)| session.key);
    match live.pop() {
        Some((value, session)) if live.is_empty() => extend(auth, value, session, activity).await,
        Some(last) => {
            live.push(last);
            end_all(auth, live).await
        }
        None => {
            tracing::info!(
                reason = ended.map_or("unknown", EndReason::as_str),
                "a session cookie opened nothing"
            );
            let change = ended.map_or(CookieChange::Clear, CookieChange::ClearOnPage);
            (CurrentSession::SignedOut(ended), Some(change))
        }
    }
}

/// Two live sessions in one browser: a neighbour on the same domain planted one of them, and nobody can
/// tell which. Neither goes on.
async fn end_all(auth: &Auth, live: Vec<(String, Session)>) -> Found {
    tracing::warn!(sessions = live.len(), "a browser came with several live sessions; all were ended");
    for (_, session) in live {
        if let Err(error) = auth.sessions.end(&session.key, EndReason::Revoked).await {
            tracing::error!(error = %error.0, "a session could not be ended");
            return (CurrentSession::Unavailable, None);
        }
    }
    let change = CookieChange::ClearOnPage(EndReason::Revoked);
    (CurrentSession::SignedOut(Some(EndReason::Revoked)), Some(change))
}

async fn extend(auth: &Auth, value: String, session: Session, activity: Activity) -> Found {
    if activity == Activity::Background {
        return (CurrentSession::SignedIn(session), None);
    }
    match auth.sessions.touch(&session.key, &session.record).await {
        Ok(Some(record)) => {
            let session = Session { record: Arc::new(record), ..session };
            let change = CookieChange::Renew { value, session: session.clone() };
            (CurrentSession::SignedIn(session), Some(change))
        }
        Ok(None) => (CurrentSession::SignedIn(session), None),
        Err(error) => {
            tracing::warn!(error = %error.0, "activity could not be written down");
            (CurrentSession::SignedIn(session), None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_user(method: &str, uri: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        activity(&method.parse().unwrap(), &uri.parse().unwrap(), &headers) == Activity::User
    }

    const NAVIGATE: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

    #[test]
    fn navigation_forms_and_navigation_checks_are_activity() {
        assert!(is_user("GET", "/dashboard", &NAVIGATE));
        assert!(is_user("GET", "/dashboard", &[("accept", "text/html,*/*")]));
        assert!(is_user("POST", "/api/update-user-data", &[]));
        assert!(is_user("GET", "/api/get-session-status", &[("sec-fetch-mode", "cors")]));
    }

    #[test]
    fn polls_prefetches_frames_and_session_reads_are_not() {
        assert!(!is_user("GET", "/api/get-session-status?peek=1", &NAVIGATE));
        assert!(!is_user("GET", "/auth/session", &NAVIGATE));
        assert!(!is_user("GET", "/dashboard", &[("sec-fetch-mode", "cors")]));
        assert!(!is_user(
            "GET",
            "/dashboard",
            &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")]
        ));
        assert!(!is_user(
            "GET",
            "/dashboard",
            &[NAVIGATE[0], NAVIGATE[1], ("sec-purpose", "prefetch;prerender")]
        ));
    }
}
