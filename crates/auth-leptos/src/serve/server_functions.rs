//! Answers bad input to a server function with 4xx. Leptos answers 500 to all bad input.

use axum::{
    Json,
    body::{Body, HttpBody, to_bytes},
    extract::Request,
    middleware::Next,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, Method, StatusCode, header};
use serde_json::json;

/// The header by which Leptos marks the response of a failed server function.
const FAILED: &str = "serverfnerror";
/// The prefixes of Leptos' own error text for unreadable arguments.
const ARGUMENTS: [&[u8]; 2] = [b"Args|", b"MissingArg|"];
/// The maximum length of an inspected error text, bytes.
const MAX_ERROR: usize = 64 * 1024;

/// Middleware for Leptos' routes: answers 415 for a body that no server function reads, and 400 for
/// unreadable arguments.
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

/// Returns whether a server function reads the content type. The encodings are forms, JSON and binary
/// formats, all `application/…` or `multipart/form-data`. A page of another site can send `text/plain`
/// without a preflight (Fetch §2.2.2), and no server function reads `text/plain`.
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
    fn server_function_encodings_are_accepted_and_plain_text_is_not() {
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
