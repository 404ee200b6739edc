//! What only a browser that goes somewhere may do.

use super::FetchMetadata;
use axum::{
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode};

/// Middleware for the endpoints that use a flow up or begin one on GET: HEAD and prefetches do neither. A
/// browser that prefetched asks again when the visitor really goes there.
pub async fn navigation_only(request: Request, next: Next) -> Response {
    if request.method() == Method::HEAD {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    } else if FetchMetadata::of(request.headers()).is_prefetch() {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    } else {
        next.run(request).await
    }
}
