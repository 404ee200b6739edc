//! Who may see what: a short list of public paths, and "no" for everything else.
//!
//! Decided before Leptos runs. A guard that is a component alone can send a redirect *with the
//! protected page in its body*; here a refused document is a redirect and nothing else.

use crate::{error_page, origin::ReturnPath, session::CurrentSession};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, StatusCode, Uri};
use url::form_urlencoded::byte_serialize;

/// The paths that need no session. They are compared byte by byte with the path as it was sent, so
/// capitals, doubled slashes, dots, percent-encoding and `;` parameters are simply not on the list.
#[derive(Clone, Copy, Debug)]
pub struct PublicPaths {
    /// Pages, exactly.
    pub pages: &'static [&'static str],
    /// Endpoints and files, exactly.
    pub others: &'static [&'static str],
    /// Prefixes, each ending in `/`; nothing under them is ever rendered by Leptos.
    pub prefixes: &'static [&'static str],
}

impl PublicPaths {
    /// Whether the path is on the list.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.pages.contains(&path)
            || self.others.contains(&path)
            || self.prefixes.iter().any(|prefix| path.starts_with(prefix))
    }
}

/// Middleware: lets a request through to a public path, or with a live session; else 303 to
/// `/login?callbackUrl=…` with an empty body for a document, 401 JSON for the rest, and 503 when the
/// store cannot say.
pub async fn guard(State(public): State<PublicPaths>, request: Request, next: Next) -> Response {
    if public.contains(request.uri().path()) {
        return next.run(request).await;
    }
    match request.extensions().get::<CurrentSession>() {
        Some(CurrentSession::SignedIn(_)) => next.run(request).await,
        Some(CurrentSession::Unavailable) => error_page::refuse(
            request.headers(),
            StatusCode::SERVICE_UNAVAILABLE,
            "session_unavailable",
            "We cannot check your session right now. Nothing is lost; please try again in a moment.",
        ),
        Some(CurrentSession::SignedOut(_)) | None => refuse(request.method(), request.uri()),
    }
}

fn refuse(method: &Method, uri: &Uri) -> Response {
    let is_document = matches!(*method, Method::GET | Method::HEAD) && !uri.path().starts_with("/api/");
    if is_document {
        let wanted = uri.path_and_query().map(http::uri::PathAndQuery::as_str);
        return to_login(None, &ReturnPath::or_root(wanted));
    }
    error_page::json(StatusCode::UNAUTHORIZED, "signed_out", "Please sign in first.")
}

/// 303 to the sign-in page, with an empty body.
#[must_use]
pub fn to_login(error: Option<auth_types::SignInError>, return_path: &ReturnPath) -> Response {
    let mut query: Vec<String> = error.map(|error| format!("error={}", error.code())).into_iter().collect();
    if *return_path != ReturnPath::root() {
        let encoded: String = byte_serialize(return_path.as_str().as_bytes()).collect();
        query.push(format!("callbackUrl={encoded}"));
    }
    let separator = if query.is_empty() { "" } else { "?" };
    Redirect::to(&format!("/login{separator}{}", query.join("&"))).into_response()
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: PublicPaths =
        PublicPaths { pages: &["/", "/public"], others: &["/healthz"], prefixes: &["/auth/", "/pkg/"] };

    #[test]
    fn only_what_is_listed_is_public() {
        for path in ["/", "/public", "/healthz", "/auth/session", "/pkg/main.css"] {
            assert!(PATHS.contains(path), "{path}");
        }
        for path in [
            "/protected",
            "/Public",
            "/PUBLIC",
            "/public/",
            "//public",
            "/./public",
            "/public/.",
            "/public/..",
            "/public;x",
            "/public%2f",
            "/%70ublic",
            "/p%75blic",
            "/publicx",
            "/authx",
            "/auth",
            "/pkg",
            "",
            "/api/x",
        ] {
            assert!(!PATHS.contains(path), "{path}");
        }
    }

    fn location(method: &Method, uri: &str) -> (StatusCode, Option<String>) {
        let response = refuse(method, &uri.parse().unwrap());
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
