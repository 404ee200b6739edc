//! Fetch Metadata request headers: what the browser says about a request. Scripts cannot set these headers.

use http::{HeaderMap, HeaderValue};

/// Where a request comes from and what its answer is for.
///
/// Each field is the header's value. An empty field means that the header is missing: the client is a program
/// or an old browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchMetadata<'a> {
    /// `Sec-Fetch-Site`: how the requesting page relates to this origin, across all redirects on the way.
    pub site: &'a str,
    /// `Sec-Fetch-Mode`.
    pub mode: &'a str,
    /// `Sec-Fetch-Dest`.
    pub dest: &'a str,
    /// `Sec-Purpose`: whether the answer is prefetched.
    pub purpose: &'a str,
}

impl<'a> FetchMetadata<'a> {
    /// Reads the headers. An empty or unreadable value does not count as missing: its field is `?`.
    #[must_use]
    pub fn of(headers: &'a HeaderMap) -> Self {
        let said = |name| match headers.get(name).map(|value: &'a HeaderValue| value.to_str()) {
            None => "",
            Some(Ok(value)) if !value.is_empty() => value,
            Some(_) => "?",
        };
        Self {
            site: said("sec-fetch-site"),
            mode: said("sec-fetch-mode"),
            dest: said("sec-fetch-dest"),
            purpose: said("sec-purpose"),
        }
    }

    /// Whether the answer becomes the page in a tab.
    #[must_use]
    pub fn is_page_navigation(&self) -> bool {
        self.mode == "navigate" && self.dest == "document"
    }

    /// Whether the browser prefetches the answer.
    #[must_use]
    pub fn is_prefetch(&self) -> bool {
        self.purpose.contains("prefetch")
    }

    /// Whether the answer becomes the page in a frame.
    #[must_use]
    pub fn is_frame(&self) -> bool {
        self.dest == "iframe"
    }

    /// Whether the answer becomes the page in a frame of a page from `site`.
    #[must_use]
    pub fn is_frame_of(&self, site: &str) -> bool {
        self.is_frame() && self.site == site
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_unreadable_value_is_not_missing() {
        let mut headers = HeaderMap::new();
        assert_eq!(FetchMetadata::of(&headers).site, "");
        for value in [&b"\xff"[..], b""] {
            headers.insert("sec-fetch-site", HeaderValue::from_bytes(value).unwrap());
            assert_eq!(FetchMetadata::of(&headers).site, "?");
        }
    }
}
