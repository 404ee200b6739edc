//! Which client is calling: `client_secret_basic` or `client_secret_post` (RFC 6749 §2.3.1).

use super::refusal::TokenRefusal;
use crate::Config;
use crate::config::Client;
use crate::params::Params;
use crate::random::fingerprint;
use axum::http::{HeaderMap, header};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use secrecy::ExposeSecret as _;
use subtle::ConstantTimeEq as _;

/// The client that sent this request.
///
/// # Errors
/// [`TokenRefusal::InvalidClient`] for wrong or missing credentials, [`TokenRefusal::TwoCredentials`] when
/// both ways are used at once.
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
    // Hashes first: equal lengths, so the comparison takes the same time whatever was sent.
    let expected = fingerprint(client.client_secret.expose_secret());
    if bool::from(expected.ct_eq(&fingerprint(&secret))) {
        Ok(client)
    } else {
        Err(TokenRefusal::InvalidClient)
    }
}

/// Reads `Basic`; both halves are form-encoded before they are joined.
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
    // One value without a name: what form_urlencoded reads after "x=".
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
