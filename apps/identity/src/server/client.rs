//! Client authentication of the registered apps (RFC 6749 §2.3.1).

use super::registry::{RegisteredClient, Registry};
use auth::{error_page, http::basic_credentials};
use axum::response::Response;
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// The app that proves itself: in the header (`client_secret_basic`), or with what was found `in_body`
/// (`client_secret_post`).
///
/// # Errors
/// 401 `invalid_client`.
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
pub(super) fn authenticate<'r>(
    registry: &'r Registry,
    headers: &HeaderMap,
    in_body: Option<(&str, &str)>,
) -> Result<&'r RegisteredClient, Response> {
    let in_header = basic_credentials(headers);
    let in_header = in_header.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str()));
    in_header.or(in_body).and_then(|(id, secret)| registry.authenticate(id, secret)).ok_or_else(|| {
        let sentence = "Identity does not know this app, or the secret is wrong.";
        let mut refused = error_page::refuse(headers, StatusCode::UNAUTHORIZED, "invalid_client", sentence);
        refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"));
        refused
    })
}
