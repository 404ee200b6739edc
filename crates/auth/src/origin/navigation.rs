//! Restricts an endpoint to real navigations.

use super::FetchMetadata;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};

/// Middleware for endpoints whose GET begins or consumes a flow.
///
/// HEAD gets 405 and a prefetch gets 503, so neither touches a flow. After a refused prefetch, the browser
/// asks again when the visitor really opens the page.
pub async fn navigation_only(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    } else if FetchMetadata::of(request.headers()).is_prefetch() {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    } else {
        next.run(request).await
    }
}
