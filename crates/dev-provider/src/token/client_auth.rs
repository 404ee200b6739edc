//! Client authentication (RFC 6749 §2.3, OpenID Connect Core §9): each client by its own method.

use super::refusal::TokenRefusal;
use crate::client::{Client, ClientAuth};
use crate::jwt::UnverifiedJwt;
use crate::params::Params;
use crate::random::fingerprint;
use crate::{DevProvider, Personality};
use axum::http::{HeaderMap, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

/// The credentials of one request.
enum Credentials<'a> {
    /// `client_secret_basic`: id and secret.
    Basic(String, String),
    /// `client_secret_post`.
    Secret(&'a str),
    /// `private_key_jwt`.
    Assertion(&'a str),
    /// `none`.
    None,
}

/// Authenticates a request and returns its client.
///
/// # Errors
/// [`TokenRefusal::InvalidClient`] for wrong or missing credentials, [`TokenRefusal::InvalidAssertion`] for a
/// JWT that does not authenticate the client, [`TokenRefusal::TwoCredentials`] for more than one method.
pub(crate) fn authenticate<'a>(
    provider: &'a DevProvider,
    headers: &HeaderMap,
    params: &Params,
) -> Result<&'a Client, TokenRefusal> {
    let credentials = credentials(headers, params)?;
    let named = params.get("client_id");
    let assertion = match credentials {
        Credentials::Assertion(assertion) => UnverifiedJwt::parse(assertion),
        _ => None,
    };
    let client_id = match &credentials {
        Credentials::Basic(client_id, _) => Some(client_id.as_str()),
        _ => named.or(assertion.as_ref().and_then(UnverifiedJwt::unverified_sub)),
    };
    if named.is_some() && named != client_id {
        return Err(TokenRefusal::InvalidClient);
    }
    let client = client_id.and_then(|id| provider.config().client(id)).ok_or(TokenRefusal::InvalidClient)?;
    // Apple accepts only client_secret_post.
    let is_apple = provider.config().personality == Personality::Apple;
    match (&client.client_auth, &credentials) {
        (ClientAuth::Secret, Credentials::Basic(_, secret)) if !is_apple => check_secret(client, secret)?,
        (ClientAuth::Secret, Credentials::Secret(secret)) => check_secret(client, secret)?,
        (ClientAuth::None, Credentials::None) => {}
        (ClientAuth::PrivateKeyJwt { public_key_pem }, Credentials::Assertion(assertion)) => {
            let assertion_type = params.get("client_assertion_type");
            provider.check_assertion(client, public_key_pem, assertion_type, assertion)?;
        }
        (ClientAuth::AppleJwt { team_id, key_id, public_key_pem }, Credentials::Secret(secret)) => {
            provider.check_apple_secret(client, (team_id, key_id, public_key_pem), secret)?;
        }
        _ => return Err(TokenRefusal::InvalidClient),
    }
    Ok(client)
}

fn credentials<'a>(headers: &HeaderMap, params: &'a Params) -> Result<Credentials<'a>, TokenRefusal> {
    let (secret, assertion) = (params.get("client_secret"), params.get("client_assertion"));
    match (headers.get(header::AUTHORIZATION), secret, assertion) {
        (Some(value), None, None) => {
            let (id, secret) = value.to_str().ok().and_then(basic).ok_or(TokenRefusal::InvalidClient)?;
            Ok(Credentials::Basic(id, secret))
        }
        (None, Some(secret), None) => Ok(Credentials::Secret(secret)),
        (None, None, Some(assertion)) => Ok(Credentials::Assertion(assertion)),
        (None, None, None) => Ok(Credentials::None),
        _ => Err(TokenRefusal::TwoCredentials),
    }
}

fn check_secret(client: &Client, sent: &str) -> Result<(), TokenRefusal> {
    // Compare hashes: their lengths are equal, so the comparison takes constant time.
    let expected = fingerprint(client.client_secret.expose_secret());
    bool::from(expected.ct_eq(&fingerprint(sent))).then_some(()).ok_or(TokenRefusal::InvalidClient)
}

/// Parses a `Basic` header. The client form-encodes id and secret before it joins them.
fn basic(value: &str) -> Option<(String, String)> {
    let (scheme, encoded) = value.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = String::from_utf8(BASE64_STANDARD.decode(encoded.trim()).ok()?).ok()?;
    let (id, secret) = decoded.split_once(':')?;
    Some((form_decode(id), form_decode(secret)))
}

fn form_decode(text: &str) -> String {
    // form_urlencoded parses pairs, so decode the text as the value of "x".
    let escaped = format!("x={}", text.replace('&', "%26"));
    url::form_urlencoded::parse(escaped.as_bytes())
        .map(|(_, value)| value.into_owned())
        .next()
        .unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn basic_credentials_are_form_decoded() {
        let value = format!("Basic {}", BASE64_STANDARD.encode("my%20app:a%3Ab%26c+d"));
        assert_eq!(basic(&value), Some(("my app".to_owned(), "a:b&c d".to_owned())));
    }

    #[test]
    fn another_scheme_is_not_read() {
        assert_eq!(basic("Bearer abc"), None);
        assert_eq!(basic("Basic ???"), None);
    }
}
