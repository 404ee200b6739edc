//! Client authentication of the registered apps (RFC 6749 §2.3.1).

use super::registry::{RegisteredClient, Registry};
use auth::{Refusal, http::basic_credentials};
use http::{HeaderMap, HeaderValue, StatusCode, header};

/// Authenticates a registered app by its `Authorization` header (`client_secret_basic`), or else by the
/// credentials found `in_body` (`client_secret_post`).
///
/// # Errors
/// 401 `invalid_client`.
pub(super) fn authenticate<'r>(
    registry: &'r Registry,
    headers: &HeaderMap,
    in_body: Option<(&str, &str)>,
) -> Result<&'r RegisteredClient, Refusal> {
    let in_header = basic_credentials(headers);
    let in_header = in_header.as_ref().map(|(id, secret)| (id.as_str(), secret.as_str()));
    in_header.or(in_body).and_then(|(id, secret)| registry.authenticate(id, secret)).ok_or_else(|| {
        let sentence = "The client id is unknown, or the client secret is wrong.";
        Refusal::new(StatusCode::UNAUTHORIZED, "invalid_client", sentence)
            .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static("Basic"))
    })
}
