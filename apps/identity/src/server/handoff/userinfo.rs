//! `/userinfo` (OpenID Connect Core §5.3) for the access token that a handoff comes with.

use super::{access::AccessRefusal, mint::Handoffs};
use auth::error_page;
use axum::{
    Json,
    extract::State,
    response::{IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::SecretString;

/// `GET` or `POST /userinfo` with `Authorization: Bearer`: who it is. The token is taken from nowhere else (RFC
/// 9700 §4.3.2: not from the query).
///
/// # Errors
/// 401 with `WWW-Authenticate: Bearer` after RFC 6750 §3: without an error where no token was sent, with
/// `invalid_token` where it opens nothing; 503 when the store is down.
pub(crate) async fn userinfo(State(handoffs): State<Handoffs>, headers: HeaderMap) -> Response {
    let Some(token) = bearer(&headers) else {
        return challenge("missing_token", "Bearer realm=\"identity\"");
    };
    match handoffs.userinfo(&token).await {
        Ok(told) => Json(told).into_response(),
        Err(AccessRefusal::Invalid) => challenge(
            "invalid_token",
            "Bearer realm=\"identity\", error=\"invalid_token\", error_description=\"The access token is \
             unknown, expired, or its session has ended\"",
        ),
        Err(AccessRefusal::Store(error)) => {
            tracing::error!(%error, "an access token could not be looked at");
            let sentence = "The store does not answer. Please try again.";
            error_page::json(StatusCode::SERVICE_UNAVAILABLE, "session_unavailable", sentence)
        }
    }
}

/// The one token of the one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| SecretString::from(token))
}

fn challenge(name: &str, scheme: &'static str) -> Response {
    let sentence = "This takes the access token of a handoff.";
    let mut refused = error_page::json(StatusCode::UNAUTHORIZED, name, sentence);
    refused.headers_mut().insert(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme));
    refused
}
