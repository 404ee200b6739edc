//! Keeps robots out of a public demo.

use axum::http::{HeaderName, HeaderValue};

/// The header of every answer.
pub(crate) const HEADER: (HeaderName, HeaderValue) =
    (HeaderName::from_static("x-robots-tag"), HeaderValue::from_static("noindex, nofollow"));

/// `GET /robots.txt` (RFC 9309)
pub(crate) async fn file() -> &'static str {
    "User-agent: *\nDisallow: /\n"
}
