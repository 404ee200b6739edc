//! Serves identity's pages at one origin.

use auth::{
    Auth,
    origin::{RequestOrigin, ReturnPath},
};
use axum::{
    extract::{Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{Method, uri::PathAndQuery};

/// Middleware for the pages: redirects a page request at another of identity's origins to the same page at
/// the canonical origin (303). Identity's session cookie and browser handle exist only there.
pub(super) async fn canonical_only(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    request: Request,
    next: Next,
) -> Response {
    let is_page = matches!(*request.method(), Method::GET | Method::HEAD);
    let elsewhere =
        auth.public_urls().canonical_origin().filter(|canonical| is_page && **canonical != origin);
    let Some(canonical) = elsewhere else { return next.run(request).await };
    // `ReturnPath` resolves the path, so the redirect cannot leave the canonical origin.
    let page = ReturnPath::or_root(request.uri().path_and_query().map(PathAndQuery::as_str));
    Redirect::to(canonical.join(page.as_str()).as_str()).into_response()
}
