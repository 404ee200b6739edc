//! `/userinfo` (OpenID Connect Core §5.3) for the access token of a handoff.

use super::{
    access::{AccessRefusal, UserInfo},
    mint::HandoffService,
};
use auth::Refusal;
use axum::{Json, extract::State};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use secrecy::SecretString;

/// `GET` or `POST /userinfo` with `Authorization: Bearer`: returns the user. The token is read only from this
/// header (RFC 9700 §4.3.2: not from the query).
///
/// # Errors
/// 401 with `WWW-Authenticate: Bearer` (RFC 6750 §3): without an error if there is no token, with
/// `invalid_token` if the token is rejected; 503 when the store is down.
pub(crate) async fn userinfo(
    State(handoffs): State<HandoffService>,
    headers: HeaderMap,
) -> Result<Json<UserInfo>, Refusal> {
    let token = bearer(&headers).ok_or_else(|| challenge("missing_token", "Bearer realm=\"identity\""))?;
    handoffs.userinfo(&token).await.map(Json).map_err(|refusal| match refusal {
        AccessRefusal::Invalid => challenge(
            "invalid_token",
            "Bearer realm=\"identity\", error=\"invalid_token\", error_description=\"The access token is \
             unknown, expired, or its session has ended\"",
        ),
        AccessRefusal::Store(error) => Refusal::from(error).as_json(),
    })
}

/// The token, if there is exactly one `Authorization` header.
fn bearer(headers: &HeaderMap) -> Option<SecretString> {
    let mut values = headers.get_all(header::AUTHORIZATION).iter();
    let (Some(value), None) = (values.next(), values.next()) else { return None };
    let (scheme, token) = value.to_str().ok()?.split_once(' ')?;
    let token = token.trim();
    (scheme.eq_ignore_ascii_case("bearer") && !token.is_empty()).then(|| SecretString::from(token))
}

fn challenge(name: &'static str, scheme: &'static str) -> Refusal {
    let sentence = "This address needs the access token of a handoff.";
    Refusal::new(StatusCode::UNAUTHORIZED, name, sentence)
        .with_header(header::WWW_AUTHENTICATE, HeaderValue::from_static(scheme))
        .as_json()
}
