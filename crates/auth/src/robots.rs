//! Whether search engines may list the app (`AUTH_ROBOTS`).

use axum::response::{IntoResponse, Response};
use http::{HeaderMap, HeaderName, HeaderValue, header};

/// Whether search engines may list the app.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Robots {
    /// The app says nothing to them.
    #[default]
    Allowed,
    /// Every answer has `X-Robots-Tag: noindex, nofollow`, and `/robots.txt` disallows all pages.
    KeptOut,
}

impl Robots {
    /// Returns the answer to `/robots.txt` (RFC 9309), if this app has one to give. Unlike a route, it needs no place
    /// in the app's list of public paths.
    pub(crate) fn file(self, path: &str) -> Option<Response> {
        let is_file = self == Self::KeptOut && path == "/robots.txt";
        let headers = [(header::CONTENT_TYPE, "text/plain; charset=utf-8")];
        is_file.then(|| (headers, "User-agent: *\nDisallow: /\n").into_response())
    }

    /// Adds the header of every answer.
    pub(crate) fn mark(self, headers: &mut HeaderMap) {
        if self == Self::KeptOut {
            let name = HeaderName::from_static("x-robots-tag");
            headers.insert(name, HeaderValue::from_static("noindex, nofollow"));
        }
    }
}
