//! Client authentication: `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1).

use super::refusal::TokenRefusal;
use crate::Config;
use crate::config::Client;
use crate::params::Params;
use crate::random::fingerprint;
use axum::http::{HeaderMap, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

/// Authenticates a request and returns its client.
///
/// # Errors
/// [`TokenRefusal::InvalidClient`] for wrong or missing credentials, [`TokenRefusal::TwoCredentials`] when
/// header and body both contain a secret.
pub(crate) fn authenticate<'a>(
    config: &'a Config,
    headers: &HeaderMap,
    params: &Params,
) -> Result<&'a Client, TokenRefusal> {
    let (client_id, secret) = match headers.get(header::AUTHORIZATION) {
        Some(value) => {
            if params.get("client_secret").is_some() {
                return Err(TokenRefusal::TwoCredentials);
            }
            let (id, secret) = value.to_str().ok().and_then(basic).ok_or(TokenRefusal::InvalidClient)?;
            if params.get("client_id").is_some_and(|sent| sent != id) {
                return Err(TokenRefusal::InvalidClient);
            }
            (id, secret)
        }
        None => (
            params.owned("client_id").ok_or(TokenRefusal::InvalidClient)?,
            params.owned("client_secret").ok_or(TokenRefusal::InvalidClient)?,
        ),
    };
    let client = config.client(&client_id).ok_or(TokenRefusal::InvalidClient)?;
    // Compare hashes: their lengths are equal, so the comparison takes constant time.
    let expected = fingerprint(client.client_secret.expose_secret());
    if bool::from(expected.ct_eq(&fingerprint(&secret))) {
        Ok(client)
    } else {
        Err(TokenRefusal::InvalidClient)
    }
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
