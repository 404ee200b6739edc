//! Refusal of state-changing requests that come from another site.

use super::{FetchMetadata, Origin};
use crate::error_page;
use axum::response::Response;
use http::{HeaderMap, Method, StatusCode, header::ORIGIN, request::Parts};

/// Why a request was refused as cross-site.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum CrossSite {
    /// `Origin` is another one, or `null` (a sandboxed frame, a data URL, a redirect).
    #[error("cross_site_origin")]
    ForeignOrigin,
    /// No `Origin`, but the browser says that another origin sent the request.
    #[error("cross_site_fetch")]
    ForeignFetch,
}

/// Judges a request by its headers. Safe methods always pass: they change nothing. A request with
/// neither `Origin` nor `Sec-Fetch-Site` does not come from a browser's page and carries nobody
/// else's cookies.
///
/// # Errors
/// [`CrossSite`]; `own` is the origin the request came to.
pub fn verdict(method: &Method, headers: &HeaderMap, own: &Origin) -> Result<(), CrossSite> {
    if method.is_safe() {
        return Ok(());
    }
    if let Some(origin) = headers.get(ORIGIN) {
        let same = origin.to_str().is_ok_and(|text| text == own.to_string());
        return if same { Ok(()) } else { Err(CrossSite::ForeignOrigin) };
    }
    match FetchMetadata::of(headers).site {
        "" | "same-origin" | "none" => Ok(()),
        _ => Err(CrossSite::ForeignFetch),
    }
}

/// 403 for what [`verdict`] refuses.
#[expect(clippy::result_large_err, reason = "axum's own rejections are responses too")]
pub(crate) fn refuse_cross_site(own: &Origin, request: &Parts) -> Result<(), Response> {
    verdict(&request.method, &request.headers, own).map_err(|error| {
        tracing::warn!(%error, path = request.uri.path(), "refused a cross-site request");
        error_page::refuse(
            &request.headers,
            StatusCode::FORBIDDEN,
            &error.to_string(),
            "This request came from another site, so nothing was done.",
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(method: &Method, headers: &[(&'static str, &'static str)]) -> Result<(), CrossSite> {
        let headers =
            headers.iter().map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap())).collect();
        verdict(method, &headers, &Origin::parse("http://games.wow.localhost:4201").unwrap())
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
    fn no_origin_but_a_foreign_fetch_is_refused() {
        for site in ["cross-site", "same-site", "anything"] {
            assert_eq!(judge(&Method::POST, &[("sec-fetch-site", site)]), Err(CrossSite::ForeignFetch));
        }
    }

    #[test]
    fn a_matching_fetch_site_does_not_excuse_a_foreign_origin() {
        let headers = [("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")];
        assert_eq!(judge(&Method::POST, &headers), Err(CrossSite::ForeignOrigin));
    }
}
