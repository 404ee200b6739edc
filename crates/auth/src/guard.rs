//! Who may see what: a short list of public paths, and "no" for everything else.
//!
//! Decided before Leptos runs. A guard that is a component alone can send a redirect *with the
//! protected page in its body*; here a refused document is a redirect and nothing else.

mod extract;

pub use crate::site::PublicPaths;
pub use extract::RequireSession;

use crate::{
    cookie::set_cookies,
    error_page,
    origin::ReturnPath,
    session::{CurrentSession, Session},
    silent::SilentAttempt,
    site::AppPages,
};
use auth_types::silent_url;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Extensions, HeaderMap, Method, StatusCode, Uri, request::Parts};
use std::sync::Arc;

/// Admits a request to a public path, or with a live session; else it is answered with 303 to
/// `/login?callbackUrl=…` and an empty body for a document, 401 JSON for the rest, and 503 when the store
/// cannot say. A browser that opens the page in a tab goes to `/auth/silent?callbackUrl=…` instead, once per
/// browser session.
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
pub(crate) fn admit(site: &AppPages, request: &Parts) -> Result<(), Response> {
    if site.public.contains(request.uri.path()) {
        return Ok(());
    }
    live(&request.extensions, &request.method, &request.uri, &request.headers).map(|_| ())
}

/// The live session of a request, or what it is answered without one.
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
pub(crate) fn live<'r>(
    extensions: &'r Extensions,
    method: &Method,
    uri: &Uri,
    headers: &HeaderMap,
) -> Result<&'r Session, Response> {
    match extensions.get::<CurrentSession>() {
        Some(CurrentSession::SignedIn(session)) => Ok(session),
        Some(CurrentSession::Unavailable) => Err(unavailable(headers)),
        Some(CurrentSession::SignedOut(_)) | None => {
            Err(refuse(extensions.get(), method, uri, extensions.get()))
        }
    }
}

/// Middleware for a public page that is better with a session: a browser that opens it in a tab, signed out, is
/// taken past the provider once ([`/auth/silent`](crate::routes)), which may know its user, and comes back
/// to the page either way.
pub async fn silent_first(request: Request, next: Next) -> Response {
    match request.extensions().get::<SilentAttempt>() {
        Some(may_try) => refuse(request.extensions().get(), request.method(), request.uri(), Some(may_try)),
        None => next.run(request).await,
    }
}

/// 503: the store cannot say.
pub(crate) fn unavailable(headers: &HeaderMap) -> Response {
    error_page::refuse(
        headers,
        StatusCode::SERVICE_UNAVAILABLE,
        "session_unavailable",
        "We cannot check your session right now. Nothing is lost; please try again in a moment.",
    )
}

/// 401, for programs; the client of a Leptos server function reads it as an error of that name.
pub(crate) fn signed_out() -> Response {
    error_page::json(StatusCode::UNAUTHORIZED, "signed_out", "Please sign in first.")
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
    signed_out()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn location(method: &Method, uri: &str) -> (StatusCode, Option<String>) {
        let response = refuse(None, method, &uri.parse().unwrap(), None);
        let location = response.headers().get("location").map(|value| value.to_str().unwrap().to_owned());
        (response.status(), location)
    }

    #[test]
    fn a_document_leads_to_sign_in_and_back_and_the_rest_gets_401() {
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
