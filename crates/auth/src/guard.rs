//! The guard: a public path passes, and every other path needs a session.
//!
//! The guard runs before Leptos. A guard that is only a component can send a redirect *with the protected
//! page in its body*. Here the body of a redirect is empty.

mod extract;

pub use crate::site::PublicPaths;
pub use extract::RequireSession;

use crate::{
    Refusal, cookie::set_cookies, origin::ReturnPath, session::Session, silent::SilentAttempt, site::AppPages,
};
use auth_types::{CurrentSession, SessionState, silent_url};
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Extensions, Method, Uri, request::Parts};
use std::sync::Arc;

/// Admits a request to a public path, or with a live session. Other requests get one of these answers:
///
/// - a document: 303 to `/login?callbackUrl=…` with an empty body. A browser that opens the page in a tab
///   first goes to `/auth/silent?callbackUrl=…`, once.
/// - any other request: 401 with JSON
/// - any request while the store does not answer: 503
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
pub(crate) fn admit(site: &AppPages, request: &Parts) -> Result<(), Response> {
    if site.public.contains(request.uri.path()) {
        return Ok(());
    }
    live(&request.extensions, &request.method, &request.uri).map(|_| ())
}

/// Returns the live session of a request, or the answer to a request without a session.
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
pub(crate) fn live<'r>(
    extensions: &'r Extensions,
    method: &Method,
    uri: &Uri,
) -> Result<&'r Session, Response> {
    match extensions.get::<CurrentSession<Session>>() {
        Some(Ok(SessionState::SignedIn(session))) => Ok(session),
        Some(Err(error)) => Err(Refusal::from(*error).into_response()),
        Some(Ok(SessionState::SignedOut(_))) | None => {
            Err(refuse(extensions.get(), method, uri, extensions.get()))
        }
    }
}

/// Middleware for a public page that has more to show to a signed-in user. A signed-out browser that opens
/// the page in a tab first tries a silent sign-in ([`/auth/silent`](crate::routes)), once. The browser then
/// comes back to the page, with or without a session.
pub async fn silent_first(request: Request, next: Next) -> Response {
    match request.extensions().get::<SilentAttempt>() {
        Some(may_try) => refuse(request.extensions().get(), request.method(), request.uri(), Some(may_try)),
        None => next.run(request).await,
    }
}

fn refuse(site: Option<&AppPages>, method: &Method, uri: &Uri, may_try: Option<&SilentAttempt>) -> Response {
    let is_document = matches!(*method, Method::GET | Method::HEAD) && !uri.path().starts_with("/api/");
    if is_document {
        let wanted = uri.path_and_query().map(http::uri::PathAndQuery::as_str);
        let wanted = ReturnPath::or_root(wanted);
        return match may_try {
            Some(SilentAttempt(cookie)) => {
                let to = silent_url(wanted.as_str());
                (set_cookies(vec![cookie.clone()]), Redirect::to(&to)).into_response()
            }
            None => {
                let pages = site.map_or_else(Arc::default, |site| site.pages.clone());
                Redirect::to(&pages.login_url(wanted.as_str())).into_response()
            }
        };
    }
    Refusal::signed_out().into_response()
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::StatusCode;

    fn location(method: &Method, uri: &str) -> (StatusCode, Option<String>) {
        let response = refuse(None, method, &uri.parse().unwrap(), None);
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (response.status(), location)
    }

    #[test]
    fn a_document_redirects_to_sign_in_and_other_requests_get_401() {
        let see_other = |to: &str| (StatusCode::SEE_OTHER, Some(to.to_owned()));
        assert_eq!(
            location(&Method::GET, "/dashboard?tab=2&x"),
            see_other("/login?callbackUrl=%2Fdashboard%3Ftab%3D2%26x")
        );
        assert_eq!(location(&Method::GET, "//evil.example"), see_other("/login"));
        assert_eq!(location(&Method::GET, "/api/anything"), (StatusCode::UNAUTHORIZED, None));
        assert_eq!(location(&Method::POST, "/dashboard"), (StatusCode::UNAUTHORIZED, None));
    }
}
