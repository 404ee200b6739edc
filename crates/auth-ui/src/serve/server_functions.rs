//! Bad input to a server function is the caller's fault, and says so. Leptos answers 500 to all of it.

use axum::{
    Json,
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::json;

/// How Leptos marks the answer of a server function that failed.
const FAILED: &str = "serverfnerror";
/// What the text of Leptos' own error begins with when the arguments are at fault.
const ARGUMENTS: [&[u8]; 2] = [b"Args|", b"MissingArg|"];
/// Longest error text that is looked into, bytes.
const MAX_ERROR: usize = 64 * 1024;

/// Middleware for the routes that Leptos answers: 415 for a body that no server function reads, 400 for arguments
/// that cannot be read.
pub(super) async fn judge(request: Request, next: Next) -> Response {
    let has_body =
        !matches!(*request.method(), Method::GET | Method::HEAD) && !request.body().is_end_stream();
    if has_body && !is_readable(request.headers()) {
        let message = "This address takes a form or JSON.";
        let body = Json(json!({ "error": "unsupported_media_type", "message": message }));
        return (StatusCode::UNSUPPORTED_MEDIA_TYPE, body).into_response();
    }
    let answer = next.run(request).await;
    if answer.status() != StatusCode::INTERNAL_SERVER_ERROR || !answer.headers().contains_key(FAILED) {
        return answer;
    }
    let (mut parts, body) = answer.into_parts();
    let Ok(text) = to_bytes(body, MAX_ERROR).await else { return parts.into_response() };
    if ARGUMENTS.iter().any(|kind| text.starts_with(kind)) {
        parts.status = StatusCode::BAD_REQUEST;
    }
    Response::from_parts(parts, Body::from(text))
}

/// The encodings that server functions have: forms, JSON, and binary ones, all of them `application/…` or
/// `multipart/form-data`. A page of another site can send `text/plain` without asking (Fetch §2.2.2), and no
/// function of ours reads that.
fn is_readable(headers: &HeaderMap) -> bool {
    let content_type = headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok());
    content_type.is_some_and(|text| {
        let essence = text.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        essence.starts_with("application/") || essence == "multipart/form-data"
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_server_functions_send_is_read_and_simple_text_is_not() {
        let readable = |content_type: &str| {
            is_readable(&HeaderMap::from_iter([(header::CONTENT_TYPE, content_type.parse().unwrap())]))
        };
        for content_type in [
            "application/x-www-form-urlencoded",
            "application/json; charset=utf-8",
            "application/cbor",
            "Multipart/Form-Data; boundary=x",
        ] {
            assert!(readable(content_type), "{content_type}");
        }
        for content_type in ["text/plain", "text/plain;application/json", "text/html", "image/png", "", "x"] {
            assert!(!readable(content_type), "{content_type}");
        }
        assert!(!is_readable(&HeaderMap::new()));
    }
}
