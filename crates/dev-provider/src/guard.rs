//! What every request and answer goes through: the `Host` check, and the headers of an answer.

use crate::{DevProvider, pages};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// No `form-action`: browsers apply it to the redirects after a form too, and those lead through origins
/// of relying parties that this provider does not know.
const CSP: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/// Refuses a `Host` that is not the issuer's: nothing is ever built from an unchecked one. Health is
/// answered on the loopback names too.
pub(crate) async fn host(State(provider): State<DevProvider>, request: Request, next: Next) -> Response {
    let sent = request
        .uri()
        .authority()
        .map(Authority::as_str)
        .or_else(|| request.headers().get(header::HOST).and_then(|host| host.to_str().ok()));
    let healthz = request.uri().path() == "/healthz";
    let known = sent.is_some_and(|host| {
        host.eq_ignore_ascii_case(&provider.config().host()) || (healthz && is_loopback(host))
    });
    if known {
        return next.run(request).await;
    }
    tracing::warn!(rule = "WrongHost", "refused");
    let sentence = "This provider does not answer under that name.";
    pages::refusal(StatusCode::MISDIRECTED_REQUEST, "wrong_host", sentence)
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]")
}

/// Sets the headers every answer carries. `same-origin` and not `no-referrer`: the latter would turn
/// `Origin` into `null` on this provider's own forms.
pub(crate) async fn headers(request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.insert(header::CONTENT_SECURITY_POLICY, HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.insert(header::REFERRER_POLICY, HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    response
}

/// Whether a form comes from a page of this provider: `Origin` and `Sec-Fetch-Site`, where sent, must say
/// so. A client that sends neither is no browser; it lacks the transaction of a browser's session anyway.
pub(crate) fn is_same_origin(headers: &HeaderMap, issuer: &str) -> bool {
    let origin = headers.get(header::ORIGIN).is_none_or(|origin| origin == issuer);
    let site = headers.get("sec-fetch-site").is_none_or(|site| site == "same-origin");
    origin && site
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_from_elsewhere_is_told_apart() {
        let issuer = "http://auth.example";
        let check = |pairs: &[(&'static str, &str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_same_origin(&headers.collect::<HeaderMap>(), issuer)
        };
        assert!(check(&[]));
        assert!(check(&[("origin", issuer), ("sec-fetch-site", "same-origin")]));
        for foreign in ["null", "http://evil.example", "http://auth.example.evil", "https://auth.example"] {
            assert!(!check(&[("origin", foreign)]), "{foreign}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(!check(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!check(&[("origin", issuer), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn loopback_is_a_whole_name() {
        for host in ["localhost", "localhost:4300", "127.0.0.1:4300", "[::1]:4300"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.evil.example", "127.0.0.1.evil.example", "evil", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
