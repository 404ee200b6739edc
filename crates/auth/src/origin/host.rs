//! The host check: finds the origin of this app that a request came to.

use super::{Origin, PublicUrls};
use crate::Refusal;
use axum::extract::FromRequestParts;
use http::{HeaderMap, StatusCode, Uri, header::HOST, request::Parts};

/// The origin of this app that a request came to. Absolute URLs are built from this origin.
///
/// The host check adds the origin to the request, so only handlers behind the host check can
/// extract a `RequestOrigin`.
#[derive(Clone, Debug)]
pub struct RequestOrigin(pub Origin);

/// Why a request's host was refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HostError {
    /// The host is not in `PUBLIC_URL`, or there is no single, readable Host header (RFC 9110 §15.5.20).
    #[error("misdirected_request")]
    NotOurs,
}

fn origin_of(urls: &PublicUrls, uri: &Uri, headers: &HeaderMap) -> Result<Origin, HostError> {
    let mut hosts = headers.get_all(HOST).iter();
    let from_header = match (hosts.next(), hosts.next()) {
        (Some(host), None) => Some(host.to_str().map_err(|_| HostError::NotOurs)?),
        (None, _) => None,
        (Some(_), Some(_)) => return Err(HostError::NotOurs),
    };
    // HTTP/2 and absolute-form requests name the host in the request line.
    let from_uri = uri.authority().map(http::uri::Authority::as_str);
    let named = |host: &str| urls.origin_for_host(host).ok_or(HostError::NotOurs);
    match (from_header, from_uri) {
        (Some(header), Some(line)) if !header.eq_ignore_ascii_case(line) => {
            // The two may still differ by the default port.
            let origin = named(header)?;
            if named(line)? == origin { Ok(origin) } else { Err(HostError::NotOurs) }
        }
        (header, line) => named(header.or(line).ok_or(HostError::NotOurs)?),
    }
}

/// Returns the origin that a request came to, or 421 for a host that is not in `PUBLIC_URL`.
pub(crate) fn check_host(urls: &PublicUrls, request: &Parts) -> Result<Origin, Refusal> {
    origin_of(urls, &request.uri, &request.headers).map_err(|error| {
        let sentence = "This server does not serve that host name. Please check the address.";
        Refusal::new(StatusCode::MISDIRECTED_REQUEST, error.to_string(), sentence)
    })
}

impl<S: Sync> FromRequestParts<S> for RequestOrigin {
    type Rejection = StatusCode;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, StatusCode> {
        parts.extensions.get::<Self>().cloned().ok_or(StatusCode::MISDIRECTED_REQUEST)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origin(uri: &str, hosts: &[&str]) -> Result<String, HostError> {
        let urls = PublicUrls::parse("http://localhost:4201").unwrap();
        let mut headers = HeaderMap::new();
        for host in hosts {
            headers.append(HOST, host.parse().unwrap());
        }
        origin_of(&urls, &uri.parse().unwrap(), &headers).map(|origin| origin.to_string())
    }

    #[test]
    fn our_host_is_found_in_the_header_or_the_request_line() {
        assert_eq!(origin("/", &["localhost:4201"]).unwrap(), "http://localhost:4201");
        assert_eq!(origin("http://localhost:4201/", &[]).unwrap(), "http://localhost:4201");
    }

    #[test]
    fn header_and_request_line_may_differ_by_the_default_port_only() {
        let urls = PublicUrls::parse("https://app.example, https://other.example").unwrap();
        let origin = |uri: &str, host: &str| {
            let headers = HeaderMap::from_iter([(HOST, host.parse().unwrap())]);
            origin_of(&urls, &uri.parse().unwrap(), &headers).map(|origin| origin.to_string())
        };
        assert_eq!(origin("https://app.example:443/", "app.example").unwrap(), "https://app.example");
        assert_eq!(origin("https://app.example/", "app.example:443").unwrap(), "https://app.example");
        assert_eq!(origin("https://app.example/", "other.example"), Err(HostError::NotOurs));
        assert_eq!(origin("https://app.example/", "app.example:8443"), Err(HostError::NotOurs));
    }

    #[test]
    fn a_forged_repeated_or_missing_host_is_refused() {
        assert_eq!(origin("/", &["evil.example"]), Err(HostError::NotOurs));
        assert_eq!(origin("/", &["localhost:4201", "evil.example"]), Err(HostError::NotOurs));
        assert_eq!(origin("http://evil.example/", &["localhost:4201"]), Err(HostError::NotOurs));
        assert_eq!(origin("/", &[]), Err(HostError::NotOurs));
    }
}
