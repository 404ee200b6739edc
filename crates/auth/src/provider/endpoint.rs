//! Checks the endpoints in a provider's metadata.
//!
//! The app sends client secrets, codes and tokens to these endpoints, and redirects browsers to them. So each
//! endpoint must obey the same rule as the issuer (OpenID Connect Discovery §3, RFC 9700 §2.6).

use crate::{
    http::{HttpClient, HttpError},
    origin::is_loopback,
};
use openidconnect::{AsyncHttpClient, HttpRequest, HttpResponse};
use std::{future::Future, pin::Pin};
use url::Url;

/// The metadata contain an endpoint that is not allowed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("endpoint_not_allowed: {name}")]
pub(super) struct EndpointNotAllowed {
    name: &'static str,
}

/// Checks an endpoint of the provider `issuer`: https, without user info and fragment.
///
/// An endpoint on this machine needs an issuer on this machine. Plain http needs an endpoint on this
/// machine and an http issuer.
///
/// # Errors
/// [`EndpointNotAllowed`] with the endpoint's name in the metadata.
pub(super) fn check_endpoint(issuer: &Url, name: &'static str, url: &Url) -> Result<(), EndpointNotAllowed> {
    let is_local = is_loopback(url);
    let scheme_fits = match url.scheme() {
        "https" => true,
        "http" => issuer.scheme() == "http" && is_local,
        _ => false,
    };
    let is_plain = url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
    let place_fits = !is_local || is_loopback(issuer);
    if scheme_fits && is_plain && place_fits { Ok(()) } else { Err(EndpointNotAllowed { name }) }
}

/// Checks an optional endpoint. An endpoint that is not allowed is logged and counts as missing.
pub(super) fn optional(issuer: &Url, name: &'static str, url: Option<&Url>) -> Option<Url> {
    let url = url?;
    match check_endpoint(issuer, name, url) {
        Ok(()) => Some(url.clone()),
        Err(error) => {
            tracing::warn!(issuer = issuer.as_str(), rule = %error, "provider endpoint ignored");
            None
        }
    }
}

/// The HTTP client for discovery; sends requests to allowed endpoints only.
pub(super) struct CheckedHttp {
    pub(super) issuer: Url,
    pub(super) http: HttpClient,
}

/// Why a discovery request failed.
#[derive(Debug, thiserror::Error)]
pub(super) enum CheckedHttpError {
    /// The address is not allowed.
    #[error(transparent)]
    EndpointNotAllowed(#[from] EndpointNotAllowed),
    /// There was no usable answer.
    #[error(transparent)]
    Http(#[from] HttpError),
}

impl<'c> AsyncHttpClient<'c> for CheckedHttp {
    type Error = CheckedHttpError;
    type Future = Pin<Box<dyn Future<Output = Result<HttpResponse, CheckedHttpError>> + Send + 'c>>;

    fn call(&'c self, request: HttpRequest) -> Self::Future {
        Box::pin(async move {
            let not_allowed = EndpointNotAllowed { name: "jwks_uri" };
            let url = Url::parse(&request.uri().to_string()).map_err(|_| not_allowed)?;
            check_endpoint(&self.issuer, not_allowed.name, &url)?;
            Ok(self.http.send(request).await?)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(issuer: &str, url: &str) -> bool {
        check_endpoint(&issuer.parse().unwrap(), "token_endpoint", &url.parse().unwrap()).is_ok()
    }

    #[test]
    fn endpoints_obey_the_rule_of_their_issuer() {
        assert!(check("https://op.example", "https://op.example/token"));
        assert!(check("https://op.example", "https://tokens.other.example:8443/token?a=b"));
        assert!(check("http://auth.wow.localhost:4300", "http://auth.wow.localhost:4300/token"));
        assert!(check("http://127.0.0.1:4300", "http://localhost:4301/token"));
        assert!(check("https://localhost:4300", "https://localhost:4300/token"));
        for (issuer, url) in [
            ("https://op.example", "http://op.example/token"),
            ("https://op.example", "http://localhost:4300/token"),
            ("https://op.example", "https://localhost:4300/token"),
            ("https://op.example", "https://127.0.0.1/token"),
            ("https://op.example", "https://[::1]/token"),
            ("https://localhost:4300", "http://localhost:4300/token"),
            ("http://localhost:4300", "http://op.example/token"),
            ("https://op.example", "javascript:alert(1)"),
            ("https://op.example", "data:text/html,hello"),
            ("https://op.example", "file:///etc/passwd"),
            ("https://op.example", "ftp://op.example/token"),
            ("https://op.example", "https://user@op.example/token"),
            ("https://op.example", "https://user:secret@op.example/token"),
            ("https://op.example", "https://op.example/token#part"),
        ] {
            assert!(!check(issuer, url), "{issuer} {url}");
        }
    }
}
