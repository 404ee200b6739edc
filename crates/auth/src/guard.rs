//! Who may see what: a short list of public paths, and "no" for everything else.
//!
//! Decided before Leptos runs. A guard that is a component alone can send a redirect *with the
//! protected page in its body*; here a refused document is a redirect and nothing else.

use crate::{
    error_page,
    origin::{ReturnPath, check_path},
    session::{CurrentSession, Session, set_cookies, silent::MayTry},
};
use auth_types::{Pages, fits, silent_url};
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Extensions, HeaderMap, Method, StatusCode, Uri, request::Parts};
use std::sync::Arc;

/// The paths that need no session. They are compared byte by byte with the path as it was sent, so capitals,
/// percent-encoding and `;` parameters are not on the list. A prefix never covers a path that a router could
/// lead out of it ([`check_path`]).
#[derive(Clone, Copy, Debug)]
pub struct PublicPaths {
    /// Pages, exactly. A part that begins with a colon stands for any one part: `/blog/:slug`.
    pub pages: &'static [&'static str],
    /// Endpoints, server functions and files, exactly. Asking for one is no activity of the user, and extends no session.
    pub others: &'static [&'static str],
    /// Prefixes, each ending in `/`, of endpoints and files.
    pub prefixes: &'static [&'static str],
}

impl PublicPaths {
    /// Whether the path is on the list.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.is_page(path) || self.is_file(path)
    }

    /// Whether the path is that of a public page.
    #[must_use]
    pub fn is_page(&self, path: &str) -> bool {
        self.pages.iter().any(|page| fits(page, path))
    }

    /// Whether the path is that of a public endpoint or file, and not a page's.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.others.contains(&path)
            || (self.prefixes.iter().any(|prefix| path.starts_with(prefix)) && check_path(path).is_ok())
    }
}

/// The app's pages, and what of it needs no session; in the extensions of every request.
#[derive(Clone, Debug)]
pub(crate) struct SiteMap {
    pub(crate) pages: Arc<Pages>,
    pub(crate) public: PublicPaths,
}

/// Admits a request to a public path, or with a live session; else it is answered with 303 to
/// `/login?callbackUrl=…` and an empty body for a document, 401 JSON for the rest, and 503 when the store
/// cannot say. A browser that opens the page in a tab goes to `/auth/silent?callbackUrl=…` instead, once per
/// browser session.
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
pub(crate) fn admit(site: &SiteMap, request: &Parts) -> Result<(), Response> {
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
    match request.extensions().get::<MayTry>() {
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

fn refuse(site: Option<&SiteMap>, method: &Method, uri: &Uri, may_try: Option<&MayTry>) -> Response {
    let is_document = matches!(*method, Method::GET | Method::HEAD) && !uri.path().starts_with("/api/");
    if is_document {
        let wanted = uri.path_and_query().map(http::uri::PathAndQuery::as_str);
        let wanted = ReturnPath::or_root(wanted);
        return match may_try {
            Some(MayTry(cookie)) => {
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
            "/auth/../protected",
            "/pkg/%2e%2e/protected",
            "/auth/..\\protected",
            "/auth//protected",
        ] {
            assert!(!PATHS.contains(path), "{path}");
        }
    }

    #[test]
    fn a_pattern_stands_for_one_part_and_never_for_more() {
        let blog =
            PublicPaths { pages: &["/blog/:slug", "/u/:name/posts", "/:"], others: &[], prefixes: &[] };
        for path in ["/blog/first-post", "/blog/2026.11_x~y", "/u/alice/posts"] {
            assert!(blog.contains(path), "{path}");
        }
        for path in [
            "/blog",
            "/blog/",
            "/blog/a/b",
            "/blog/a/",
            "/blog/..",
            "/blog/.",
            "/blog/%2e%2e",
            "/blog/a%2fb",
            "/blog/a;b",
            "/blog/a\\b",
            "//first-post",
            "/Blog/a",
            "/u//posts",
            "/u/alice",
            "/u/alice/posts/x",
            "/x",
        ] {
            assert!(!blog.contains(path), "{path}");
        }
    }

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
