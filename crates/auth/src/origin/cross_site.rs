//! Refuses state-changing requests that come from another site.

use super::{FetchMetadata, Origin};
use crate::Refusal;
use http::{
    HeaderMap, Method, StatusCode,
    header::{ORIGIN, UPGRADE},
    request::Parts,
};

/// Why a request was refused as cross-site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrossSite {
    /// `Origin` names another origin, or is `null` (a sandboxed frame, a data URL, a redirect).
    #[error("cross_site_origin")]
    ForeignOrigin,
    /// `Origin` is missing, and `Sec-Fetch-Site` says that another origin sent the request.
    #[error("cross_site_fetch")]
    ForeignFetch,
    /// A WebSocket handshake without the `Origin` of this app. Browsers send `Origin` with every handshake.
    #[error("websocket_origin")]
    WebSocket,
}

/// Checks the headers of a request for a cross-site sender.
///
/// Requests with a safe method pass, because they change nothing. The exception is a WebSocket handshake: a
/// GET that the same-origin policy does not stop, with cookies that other apps on the same domain share.
///
/// A request with neither `Origin` nor `Sec-Fetch-Site` passes too. Such a request does not come from a page
/// in a browser and carries no visitor's cookies.
///
/// In a form, `Origin: null` counts as the app's own only together with `Sec-Fetch-Site: same-origin`. A
/// proxy that adds `Referrer-Policy: no-referrer` makes browsers send that pair with the app's own forms.
///
/// # Errors
/// A [`CrossSite`]. `own` is the origin that received the request.
pub fn check_cross_site(method: &Method, headers: &HeaderMap, own: &Origin) -> Result<(), CrossSite> {
    let mut origins = headers.get_all(ORIGIN).iter();
    let origin = origins.next();
    let is_own = || origin.and_then(|text| text.to_str().ok()) == Some(own.to_string().as_str());
    if origins.next().is_some() {
        return Err(CrossSite::ForeignOrigin);
    }
    if is_upgrade(method, headers) {
        return if is_own() { Ok(()) } else { Err(CrossSite::WebSocket) };
    }
    if method.is_safe() {
        return Ok(());
    }
    if let Some(origin) = origin {
        let is_unnamed = origin == "null" && FetchMetadata::of(headers).site == "same-origin";
        return if is_own() || is_unnamed { Ok(()) } else { Err(CrossSite::ForeignOrigin) };
    }
    match FetchMetadata::of(headers).site {
        "" | "same-origin" | "none" => Ok(()),
        _ => Err(CrossSite::ForeignFetch),
    }
}

/// Whether a request asks to switch its connection to another protocol, such as a WebSocket (RFC 6455 §4.1,
/// RFC 8441 §4).
#[must_use]
pub fn is_upgrade(method: &Method, headers: &HeaderMap) -> bool {
    headers.contains_key(UPGRADE) || *method == Method::CONNECT
}

/// Answers 403 to a request that [`check_cross_site`] refuses.
pub(crate) fn refuse_cross_site(own: &Origin, request: &Parts) -> Result<(), Refusal> {
    check_cross_site(&request.method, &request.headers, own).map_err(|error| {
        tracing::warn!(%error, path = request.uri.path(), "cross-site request refused");
        let sentence =
            "This request came from another site and was refused. Open this app directly and try again.";
        Refusal::new(StatusCode::FORBIDDEN, error.to_string(), sentence)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(method: &Method, headers: &[(&'static str, &'static str)]) -> Result<(), CrossSite> {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        check_cross_site(method, &headers, &Origin::parse("http://games.wow.localhost:4201").unwrap())
    }

    #[test]
    fn our_own_forms_and_tools_without_a_browser_pass() {
        assert_eq!(judge(&Method::POST, &[("origin", "http://games.wow.localhost:4201")]), Ok(()));
        assert_eq!(judge(&Method::POST, &[("sec-fetch-site", "same-origin")]), Ok(()));
        assert_eq!(judge(&Method::POST, &[]), Ok(()));
        assert_eq!(judge(&Method::GET, &[("origin", "https://evil.example")]), Ok(()));
    }

    #[test]
    fn a_foreign_null_or_sibling_origin_is_refused() {
        for origin in [
            "https://evil.example",
            "null",
            "http://store.wow.localhost:4202",
            "http://games.wow.localhost",
            "",
        ] {
            for method in [Method::POST, Method::DELETE, Method::PUT, Method::PATCH] {
                assert_eq!(judge(&method, &[("origin", origin)]), Err(CrossSite::ForeignOrigin), "{origin}");
            }
        }
    }

    #[test]
    fn a_foreign_fetch_without_an_origin_is_refused() {
        for site in ["cross-site", "same-site", "anything"] {
            assert_eq!(judge(&Method::POST, &[("sec-fetch-site", site)]), Err(CrossSite::ForeignFetch));
        }
    }

    #[test]
    fn a_null_origin_passes_only_with_a_same_origin_fetch() {
        let null = ("origin", "null");
        assert_eq!(judge(&Method::POST, &[null, ("sec-fetch-site", "same-origin")]), Ok(()));
        for site in ["cross-site", "same-site", "none", ""] {
            assert_eq!(
                judge(&Method::POST, &[null, ("sec-fetch-site", site)]),
                Err(CrossSite::ForeignOrigin)
            );
        }
        assert_eq!(judge(&Method::POST, &[null]), Err(CrossSite::ForeignOrigin));
    }

    #[test]
    fn a_web_socket_needs_our_own_origin() {
        let upgrade = ("upgrade", "websocket");
        assert_eq!(judge(&Method::GET, &[upgrade, ("origin", "http://games.wow.localhost:4201")]), Ok(()));
        for headers in [
            vec![upgrade],
            vec![upgrade, ("sec-fetch-site", "same-origin")],
            vec![upgrade, ("origin", "null"), ("sec-fetch-site", "same-origin")],
            vec![upgrade, ("origin", "http://store.wow.localhost:4202")],
            vec![upgrade, ("origin", "https://evil.example")],
        ] {
            assert_eq!(judge(&Method::GET, &headers), Err(CrossSite::WebSocket), "{headers:?}");
        }
        assert_eq!(judge(&Method::CONNECT, &[]), Err(CrossSite::WebSocket));
    }

    #[test]
    fn a_matching_fetch_site_does_not_excuse_a_foreign_origin() {
        let headers = [("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")];
        assert_eq!(judge(&Method::POST, &headers), Err(CrossSite::ForeignOrigin));
    }
}
