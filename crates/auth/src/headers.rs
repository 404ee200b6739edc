//! Response headers that every answer carries.

use crate::origin::Origin;
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// For answers that are no page: nothing may load, nothing may frame them. Pages bring their own
/// policy with a nonce.
const STRICT_CSP: &str =
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'";

/// `same-origin` and not `no-referrer`: the latter turns the `Origin` of our own forms into `null`.
const ALWAYS: [(HeaderName, &str); 5] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
];

/// Adds the security headers, and `Cache-Control: no-store` wherever the handler did not
/// choose: what depends on a session must not be found in a cache after sign-out.
pub(crate) fn add_security_headers(headers: &mut HeaderMap) {
    for (name, value) in ALWAYS {
        headers.entry(name).or_insert(HeaderValue::from_static(value));
    }
    headers.entry(header::CONTENT_SECURITY_POLICY).or_insert(HeaderValue::from_static(STRICT_CSP));
    headers.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
}

/// On an https origin, tells the browser to come back by https only (RFC 6797).
pub(crate) fn add_hsts(origin: &Origin, headers: &mut HeaderMap) {
    if origin.is_https() {
        let two_years = HeaderValue::from_static("max-age=63072000");
        headers.insert(header::STRICT_TRANSPORT_SECURITY, two_years);
    }
}
