//! Response headers that every answer carries.

use http::{HeaderMap, HeaderName, HeaderValue, header};
use std::{mem, sync::LazyLock};

/// The policy for answers that are not pages: they load only style sheets of the app, and no page may frame
/// them. Pages have a separate policy with a nonce.
pub(crate) const STRICT_CSP: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
);

/// The referrer policy is `same-origin`, because `no-referrer` turns the `Origin` of the app's
/// own forms into `null`.
const ALWAYS: [(HeaderName, &str); 6] = [
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (header::REFERRER_POLICY, "same-origin"),
    (
        HeaderName::from_static("permissions-policy"),
        "accelerometer=(), camera=(), display-capture=(), geolocation=(), gyroscope=(), magnetometer=(), \
         microphone=(), midi=(), payment=(), usb=()",
    ),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    // After a sign-out, no cache may still have an answer that depended on the session.
    (header::CACHE_CONTROL, "no-store"),
];

/// Two years; sent over https only (RFC 6797).
const HSTS: HeaderValue = HeaderValue::from_static("max-age=63072000");

/// [`ALWAYS`] as a header map. Copying this map is cheaper than building one for every answer.
static DEFAULT_HEADERS: LazyLock<HeaderMap> = LazyLock::new(|| {
    // Room for the headers that handlers add.
    let mut headers = HeaderMap::with_capacity(12);
    headers.extend(ALWAYS.map(|(name, value)| (name, HeaderValue::from_static(value))));
    headers
});

/// Whether the handler allowed caches to keep an answer with these headers. Without a `Cache-Control` header
/// the answer is not storable.
pub(crate) fn is_storable(headers: &HeaderMap) -> bool {
    let said = headers.get_all(header::CACHE_CONTROL);
    let mut directives =
        said.iter().flat_map(|value| value.as_bytes().split(|byte| *byte == b',')).map(<[u8]>::trim_ascii);
    headers.contains_key(header::CACHE_CONTROL)
        && !directives.any(|directive| directive.eq_ignore_ascii_case(b"no-store"))
}

/// Adds the security headers, with `policy` as the Content-Security-Policy. A header that the handler set
/// stays. On an https origin, adds HSTS too.
///
/// Exception: an answer that sets a cookie gets `no-store`, even if the handler allowed caching. A shared
/// cache would hand the cookie to the next visitor (RFC 9111 §7.3).
pub(crate) fn secure(headers: &mut HeaderMap, policy: &HeaderValue, is_https: bool) {
    if headers.contains_key(header::SET_COOKIE) && is_storable(headers) {
        headers.remove(header::CACHE_CONTROL);
    }
    if !headers.contains_key(header::CACHE_CONTROL) {
        // This answer gets `no-store` below, and its content may depend on a cookie.
        headers.append(header::VARY, HeaderValue::from_static("cookie"));
    }
    let from_handler = mem::replace(headers, DEFAULT_HEADERS.clone());
    headers.extend(from_handler);
    if !headers.contains_key(header::CONTENT_SECURITY_POLICY) {
        headers.insert(header::CONTENT_SECURITY_POLICY, policy.clone());
    }
    if is_https {
        headers.insert(header::STRICT_TRANSPORT_SECURITY, HSTS);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_handlers_headers_stay_and_the_rest_is_added() {
        let mut headers = HeaderMap::new();
        headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("public"));
        secure(&mut headers, &STRICT_CSP, false);
        assert_eq!(headers.get_all(header::CACHE_CONTROL).iter().collect::<Vec<_>>(), ["public"]);
        assert_eq!(headers[header::CONTENT_SECURITY_POLICY], STRICT_CSP);
        assert_eq!(headers.keys_len(), ALWAYS.len() + 1);
    }

    #[test]
    fn an_answer_that_sets_a_cookie_is_never_storable() {
        for chosen in ["public", "public, max-age=3600", "private", "no-cache", "max-age=1, immutable", ""] {
            let mut headers = HeaderMap::new();
            headers.insert(header::CACHE_CONTROL, HeaderValue::from_static(chosen));
            assert!(is_storable(&headers), "{chosen}");
            for cookie in ["a=1", "b=2"] {
                headers.append(header::SET_COOKIE, HeaderValue::from_static(cookie));
            }
            secure(&mut headers, &STRICT_CSP, false);
            assert_eq!(headers.get_all(header::CACHE_CONTROL).iter().collect::<Vec<_>>(), ["no-store"]);
            assert_eq!(headers.get_all(header::SET_COOKIE).iter().collect::<Vec<_>>(), ["a=1", "b=2"]);
            assert_eq!(headers[header::VARY], "cookie");
        }
        for chosen in ["no-store", "private, No-Store"] {
            let headers = HeaderMap::from_iter([(header::CACHE_CONTROL, HeaderValue::from_static(chosen))]);
            assert!(!is_storable(&headers), "{chosen}");
        }
        assert!(!is_storable(&HeaderMap::new()));
    }

    #[test]
    fn only_https_answers_carry_hsts() {
        let told = |is_https| {
            let mut headers = HeaderMap::new();
            secure(&mut headers, &STRICT_CSP, is_https);
            headers.contains_key(header::STRICT_TRANSPORT_SECURITY)
        };
        assert!(told(true) && !told(false));
    }
}
