//! Resolves the session once per request, before the guard and the handler.

use crate::{
    Auth,
    cookie::{CookieKind, Cookies, MAX_CANDIDATES},
    guard::PublicPaths,
    headers::is_storable,
    origin::{FetchMetadata, Origin},
    session::{Activity, Session},
    silent,
    store::StoreError,
};
use auth_types::{ACTIVITY_HEADER, CurrentSession, EndReason, SessionState, SessionUnavailable};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, Uri, header::SET_COOKIE, request::Parts};
use std::sync::Arc;

/// Whether the answer becomes the page in a browser's tab.
fn is_navigation(headers: &HeaderMap) -> bool {
    let said = FetchMetadata::of(headers);
    if said.mode.is_empty() { crate::error_page::accepts_html(headers) } else { said.is_page_navigation() }
}

/// Whether a request counts as activity of the user. Only activity extends a session. Navigations, form posts and the
/// check before a navigation count. Any other request counts only if the page says with [`ACTIVITY_HEADER`] that it
/// follows the user's input: a POST may as well come from a timer. Prefetches, `/auth/` endpoints and public files do
/// not count.
fn activity(public: PublicPaths, uri: &Uri, headers: &HeaderMap) -> Activity {
    let path = uri.path();
    let is_peek = || uri.query().is_some_and(|query| query.split('&').any(|pair| pair == "peek=1"));
    let by_person = if path == "/api/get-session-status" {
        !is_peek()
    } else if FetchMetadata::of(headers).is_prefetch() || path.starts_with("/auth/") || public.is_file(path) {
        false
    } else {
        is_navigation(headers) || headers.contains_key(ACTIVITY_HEADER)
    };
    if by_person { Activity::User } else { Activity::Background }
}

/// A change of the session cookie that the answer must make.
enum CookieChange {
    /// Activity was recorded, so the browser keeps the cookie longer. The value stays the same.
    Renew { value: String, session: Session },
    /// Several cookies came, and this session continues. A page sets its cookie again, and clears cookies of
    /// that name in other scopes.
    Settle { value: String, session: Session },
    /// The cookie opens no session.
    Clear,
    /// The cookie's session has ended. Keep the cookie until a page can show why; a slow fetch could delete a
    /// newer cookie.
    ClearOnPage(EndReason),
}

/// A change of the session cookie, to apply to the answer of the handler.
pub(super) struct CookieAction {
    change: CookieChange,
    /// Whether the answer becomes the page in a tab.
    is_navigation: bool,
}

/// Finds the session of a request, and extends the session if the user was active. Also returns the change of
/// the session cookie, if the answer must make one.
pub(super) async fn resolve(
    auth: &Auth,
    public: PublicPaths,
    origin: &Origin,
    request: &Parts,
) -> (CurrentSession<Session>, Option<CookieAction>) {
    let Parts { method, uri, headers, .. } = request;
    let jar = auth.cookies(origin, headers);
    let mut values = jar.values(CookieKind::Session);
    let Some(first) = values.next() else {
        // Clear a cookie that cannot be a session id.
        let is_garbage = jar.is_sent(CookieKind::Session);
        let garbage = is_garbage.then(|| CookieAction {
            change: CookieChange::Clear,
            is_navigation: method.is_safe() && is_navigation(headers),
        });
        return (Ok(SessionState::SignedOut(None)), garbage);
    };
    let second = values.next();
    let activity = activity(public, uri, headers);
    // The usual case: one cookie, a cached session, and no activity to record.
    let remembered = if second.is_none() { remembered(auth, first, activity) } else { None };
    let (current, change) = match remembered {
        Some(session) => (Ok(SessionState::SignedIn(session)), None),
        None => {
            let values = [first].into_iter().chain(second).chain(values).map(ToOwned::to_owned).collect();
            Box::pin(find(auth, values, activity)).await
        }
    };
    let current = match current {
        Ok(SessionState::SignedIn(session))
            if auth.sessions().is_unchecked_too_long(&session.record) && !ends_sessions(uri.path()) =>
        {
            Box::pin(checked(auth, &session, activity)).await
        }
        Ok(SessionState::SignedIn(session)) => {
            match activity {
                Activity::User => auth.refresher().renew_if_due(&session),
                Activity::Background => auth.refresher().renew_if_user_active(&session),
            }
            Ok(SessionState::SignedIn(session))
        }
        none => none,
    };
    let step = change
        .map(|change| CookieAction { change, is_navigation: method.is_safe() && is_navigation(headers) });
    (current, step)
}

/// Whether a request ends its session: a sign-out, or the callback of another sign-in. Such requests do not
/// wait for a check with the provider.
fn ends_sessions(path: &str) -> bool {
    path == "/auth/signout" || path.starts_with("/auth/callback/")
}

/// Asks the provider about a session whose last check is older than `AUTH_MAX_UNCHECKED_AGE`, if the user is
/// active. Without an answer, the request gets [`SessionUnavailable`] and the session stays.
async fn checked(auth: &Auth, session: &Session, activity: Activity) -> CurrentSession<Session> {
    if activity == Activity::User || auth.refresher().is_user_active(session) {
        // The result is in the store, and is reloaded below.
        let _ = auth.refresher().renew(session).await;
    }
    match auth.sessions().reload(&session.key).await {
        Ok(SessionState::SignedIn(session)) if auth.sessions().is_unchecked_too_long(&session.record) => {
            tracing::warn!(session = session.record.public_id, "session unchecked for too long");
            Err(SessionUnavailable)
        }
        Ok(state) => Ok(state),
        Err(error) => Err(unavailable(&error)),
    }
}

/// Logs the failure of the store, and returns what the request gets instead of a session.
fn unavailable(error: &StoreError) -> SessionUnavailable {
    tracing::error!(%error, "session store unavailable");
    SessionUnavailable
}

/// Returns the cached session, if no activity must be recorded.
fn remembered(auth: &Auth, cookie: &str, activity: Activity) -> Option<Session> {
    let session = auth.sessions().cached(cookie)?;
    let is_kept = activity == Activity::Background || !auth.sessions().is_touch_due(&session.record);
    is_kept.then_some(session)
}

impl CookieAction {
    /// Applies the change to the answer, unless the handler set the session cookie itself, or a cache may
    /// keep the answer.
    pub(super) async fn apply(self, auth: &Auth, origin: &Origin, response: &mut Response) {
        let headers = HeaderMap::new();
        let jar = auth.cookies(origin, &headers);
        if is_storable(response.headers()) {
            return;
        }
        let name = jar.name(CookieKind::Session);
        if response.headers().get_all(SET_COOKIE).iter().any(|cookie| is_named(cookie, &name)) {
            return;
        }
        let is_page = self.is_navigation && !response.status().is_redirection();
        let cookies = match self.change {
            // A sign-out may have happened while the handler ran. An ended session gets no cookie.
            CookieChange::Renew { value, session } => {
                renewed(auth, jar, &value, &session).await.into_iter().collect()
            }
            CookieChange::Settle { value, session } if is_page => {
                let mut cookies = jar.clear_elsewhere(CookieKind::Session);
                cookies.extend(renewed(auth, jar, &value, &session).await);
                cookies
            }
            CookieChange::Settle { .. } => Vec::new(),
            CookieChange::ClearOnPage(_) if !is_page => Vec::new(),
            CookieChange::Clear | CookieChange::ClearOnPage(EndReason::Expired) => {
                jar.clear_everywhere(CookieKind::Session)
            }
            // Without the session cookie, the app cannot tell that the session was ended. The `ended` cookies
            // remember this, so that no silent sign-in follows.
            CookieChange::ClearOnPage(_) => {
                let mut cookies = jar.clear_everywhere(CookieKind::Session);
                cookies.extend(silent::mark_sign_out(auth, jar));
                cookies
            }
        };
        for cookie in cookies {
            response.headers_mut().append(SET_COOKIE, cookie);
        }
    }
}

/// Returns the session cookie, valid for as long as the session; `None` if the session has ended.
async fn renewed(auth: &Auth, jar: Cookies<'_>, value: &str, session: &Session) -> Option<HeaderValue> {
    let lives = auth.sessions().is_live(&session.key).await.unwrap_or(false);
    let seconds = auth.sessions().cookie_seconds(&session.record);
    lives.then(|| jar.set(CookieKind::Session, value, Some(seconds)))
}

fn is_named(cookie: &HeaderValue, name: &str) -> bool {
    cookie.as_bytes().strip_prefix(name.as_bytes()).is_some_and(|rest| rest.starts_with(b"="))
}

/// The state of the session, and the change of its cookie, if there is one.
type Found = (CurrentSession<Session>, Option<CookieChange>);

async fn find(auth: &Auth, values: Vec<String>, activity: Activity) -> Found {
    if values.len() > MAX_CANDIDATES {
        tracing::warn!("too many session cookies; none accepted");
        return (Ok(SessionState::SignedOut(None)), Some(CookieChange::Clear));
    }
    let mut live = Vec::new();
    let mut ended = None;
    let is_alone = values.len() == 1;
    for value in values {
        match auth.sessions().resolve(&value).await {
            Ok(SessionState::SignedIn(session)) => live.push((value, session)),
            Ok(SessionState::SignedOut(reason)) => ended = reason.or(ended),
            Err(error) => return (Err(unavailable(&error)), None),
        }
    }
    live.sort_by_key(|(_, session): &(String, Session)| (session.record.created_at, session.key.to_bytes()));
    live.dedup_by_key(|(_, session)| session.key);
    match live.pop() {
        Some((value, session)) if is_alone => extend(auth, value, session, activity).await,
        Some((value, newest)) if live.iter().all(|(_, older)| older.record.same_user(&newest.record)) => {
            end_older(auth, live, value, newest).await
        }
        Some(last) => {
            live.push(last);
            end_all(auth, live).await
        }
        None => {
            tracing::info!(
                reason = ended.map_or("unknown", EndReason::as_str),
                "session cookie without a live session"
            );
            let change = ended.map_or(CookieChange::Clear, CookieChange::ClearOnPage);
            (Ok(SessionState::SignedOut(ended)), Some(change))
        }
    }
}

/// Handles several cookies whose live sessions belong to one user: the cookie's domain has changed, or a
/// neighbour planted cookies without a live session. The newest session continues; the others end.
async fn end_older(auth: &Auth, older: Vec<(String, Session)>, value: String, newest: Session) -> Found {
    for (_, session) in &older {
        tracing::info!(session = session.record.public_id, "ending an older session of the same browser");
    }
    if let Err(unavailable) = revoke(auth, older).await {
        return (Err(unavailable), None);
    }
    let change = CookieChange::Settle { value, session: newest.clone() };
    (Ok(SessionState::SignedIn(newest)), Some(change))
}

/// Handles live sessions of several users in one browser: a neighbour on the same domain planted at least
/// one, and the app cannot tell which. All of them end.
async fn end_all(auth: &Auth, live: Vec<(String, Session)>) -> Found {
    tracing::warn!(sessions = live.len(), "live sessions of several users in one browser; ending all");
    if let Err(unavailable) = revoke(auth, live).await {
        return (Err(unavailable), None);
    }
    let change = CookieChange::ClearOnPage(EndReason::Revoked);
    (Ok(SessionState::SignedOut(Some(EndReason::Revoked))), Some(change))
}

/// Revokes sessions. If this fails, the request gets the error instead of a session.
async fn revoke(auth: &Auth, sessions: Vec<(String, Session)>) -> Result<(), SessionUnavailable> {
    let keys = sessions.into_iter().map(|(_, session)| session.key);
    auth.sessions().end_each(keys, EndReason::Revoked).await.map_err(|error| unavailable(&error))
}

async fn extend(auth: &Auth, value: String, session: Session, activity: Activity) -> Found {
    if activity == Activity::Background {
        return (Ok(SessionState::SignedIn(session)), None);
    }
    match auth.sessions().touch(&session.key, &session.record).await {
        Ok(Some(record)) => {
            let session = Session { record: Arc::new(record), ..session };
            let change = CookieChange::Renew { value, session: session.clone() };
            (Ok(SessionState::SignedIn(session)), Some(change))
        }
        Ok(None) => (Ok(SessionState::SignedIn(session)), None),
        Err(error) => {
            tracing::warn!(%error, "activity not recorded");
            (Ok(SessionState::SignedIn(session)), None)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_user(uri: &str, headers: &[(&'static str, &'static str)]) -> bool {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        activity(FILES, &uri.parse().unwrap(), &headers) == Activity::User
    }

    const FILES: PublicPaths = PublicPaths {
        pages: &["/public"],
        others: &["/favicon.svg", "/hub.js", "/.well-known/jwks.json"],
        prefixes: &["/pkg/"],
    };

    const NAVIGATE: [(&str, &str); 2] = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

    #[test]
    fn navigation_forms_and_navigation_checks_are_activity() {
        assert!(is_user("/dashboard", &NAVIGATE));
        assert!(is_user("/public", &NAVIGATE));
        assert!(is_user("/dashboard", &[("accept", "text/html,*/*")]));
        assert!(is_user("/api/update-user-data", &NAVIGATE), "a form");
        assert!(is_user("/api/save", &[("sec-fetch-mode", "cors"), ("x-session-activity", "1")]));
        assert!(is_user("/api/get-session-status", &[("sec-fetch-mode", "cors")]));
    }

    #[test]
    fn polls_prefetches_frames_and_session_reads_are_no_activity() {
        assert!(!is_user("/api/get-session-status?peek=1", &NAVIGATE));
        for path in ["/auth/session", "/favicon.svg", "/hub.js", "/.well-known/jwks.json", "/pkg/app.css"] {
            assert!(!is_user(path, &NAVIGATE), "{path}");
        }
        assert!(!is_user("/dashboard", &[("sec-fetch-mode", "cors")]));
        // Programs, and a page's own requests by a timer, whatever their method.
        assert!(!is_user("/api/save", &[]) && !is_user("/api/save", &[("sec-fetch-mode", "cors")]));
        assert!(!is_user("/dashboard", &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")]));
        assert!(!is_user("/dashboard", &[NAVIGATE[0], NAVIGATE[1], ("sec-purpose", "prefetch;prerender")]));
    }
}
