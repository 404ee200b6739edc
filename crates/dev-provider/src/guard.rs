//! Middleware for every request: the `Host` check and the security headers.

use crate::public_demo::robots;
use crate::{DevProvider, federated, pages};
use axum::extract::{Request, State};
use axum::http::uri::Authority;
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::Response;

/// `Content-Security-Policy` of a response. Without `form-action`: browsers also apply it to the
/// redirects after a form, which lead through origins of relying parties that this provider does not know.
pub(crate) const CSP: &str =
    "default-src 'none'; style-src 'self'; img-src 'self' data:; frame-ancestors 'none'; base-uri 'none'";

/// Refuses a request whose `Host` is not the issuer's, so that no handler sees a forged host. `/healthz` also
/// answers on the loopback names. The style sheet of the page that says so answers on every name. The pages of a
/// federated login answer only on its own host.
pub(crate) async fn host(State(provider): State<DevProvider>, request: Request, next: Next) -> Response {
    let sent = request
        .uri()
        .authority()
        .map(Authority::as_str)
        .or_else(|| request.headers().get(header::HOST).and_then(|host| host.to_str().ok()));
    let federated = request.uri().path().starts_with(federated::PREFIX);
    let federated_host = provider.config().federated_host().filter(|_| federated);
    let expected = federated_host.unwrap_or_else(|| provider.config().host());
    let healthz = request.uri().path() == "/healthz";
    let known =
        sent.is_some_and(|host| host.eq_ignore_ascii_case(&expected) || (healthz && is_loopback(host)));
    if known || request.uri().path() == "/style.css" {
        return next.run(request).await;
    }
    tracing::warn!(rule = "WrongHost", "request refused");
    let sentence = "This provider does not answer under this host name.";
    pages::refusal(StatusCode::MISDIRECTED_REQUEST, "wrong_host", sentence)
}

fn is_loopback(host: &str) -> bool {
    let Ok(authority) = host.parse::<Authority>() else {
        return false;
    };
    matches!(authority.host(), "localhost" | "127.0.0.1" | "[::1]")
}

/// Sets the security headers of every response that does not set its own. The referrer policy is
/// `same-origin`, because `no-referrer` would turn `Origin` into `null` on this provider's forms. A public
/// demo keeps robots out.
pub(crate) async fn headers(State(provider): State<DevProvider>, request: Request, next: Next) -> Response {
    let mut response = next.run(request).await;
    let headers = response.headers_mut();
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(CSP));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    headers.entry(header::REFERRER_POLICY).or_insert(HeaderValue::from_static("same-origin"));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    if provider.config().public_demo {
        let (name, value) = robots::HEADER;
        headers.insert(name, value);
    }
    response
}

/// Whether a form comes from a page of this provider, by `Origin` and `Sec-Fetch-Site` where they are sent. A
/// client that sends neither header is not a browser, and has no transaction of a browser.
pub(crate) fn is_same_origin(headers: &HeaderMap, issuer: &str) -> bool {
    let site = headers.get("sec-fetch-site");
    let is_same_site = site.is_none_or(|site| site == "same-origin");
    // A proxy that adds `Referrer-Policy: no-referrer` makes browsers send `null` with this provider's own forms.
    let is_own = |origin: &HeaderValue| origin == issuer || (origin == "null" && site.is_some());
    is_same_site && headers.get(header::ORIGIN).is_none_or(is_own)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_from_another_origin_is_recognised() {
        let issuer = "http://auth.example";
        let check = |pairs: &[(&'static str, &str)]| {
            let headers = pairs.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
            is_same_origin(&headers.collect::<HeaderMap>(), issuer)
        };
        assert!(check(&[]));
        assert!(check(&[("origin", issuer), ("sec-fetch-site", "same-origin")]));
        assert!(check(&[("origin", "null"), ("sec-fetch-site", "same-origin")]));
        assert!(!check(&[("origin", "null"), ("sec-fetch-site", "cross-site")]));
        for foreign in ["null", "http://evil.example", "http://auth.example.evil", "https://auth.example"] {
            assert!(!check(&[("origin", foreign)]), "{foreign}");
        }
        for site in ["cross-site", "same-site", "none"] {
            assert!(!check(&[("sec-fetch-site", site)]), "{site}");
        }
        assert!(!check(&[("origin", issuer), ("sec-fetch-site", "cross-site")]));
    }

    #[test]
    fn a_loopback_name_matches_as_a_whole() {
        for host in ["localhost", "localhost:4300", "127.0.0.1:4300", "[::1]:4300"] {
            assert!(is_loopback(host), "{host}");
        }
        for host in ["localhost.evil.example", "127.0.0.1.evil.example", "evil", ""] {
            assert!(!is_loopback(host), "{host}");
        }
    }
}
