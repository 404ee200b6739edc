//! What a browser says of a request itself (Fetch Metadata Request Headers). No script can set these headers.

use http::{HeaderMap, HeaderValue};

/// Where a request comes from and what its answer is for. Each field is the header's value, or empty where
/// there is none: a program, or an old browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FetchMetadata<'a> {
    /// `Sec-Fetch-Site`: how far the page that asks is from us, over every redirect on the way.
    pub site: &'a str,
    /// `Sec-Fetch-Mode`.
    pub mode: &'a str,
    /// `Sec-Fetch-Dest`.
    pub dest: &'a str,
    /// `Sec-Purpose`: whether it is loaded for later, perhaps for never.
    pub purpose: &'a str,
}

impl<'a> FetchMetadata<'a> {
    /// What these headers say. A value that is empty or cannot be read is not taken for a missing one.
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

    /// Whether the answer is loaded for later.
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
    fn what_cannot_be_read_is_not_missing() {
        let mut headers = HeaderMap::new();
        assert_eq!(FetchMetadata::of(&headers).site, "");
        for value in [&b"\xff"[..], b""] {
            headers.insert("sec-fetch-site", HeaderValue::from_bytes(value).unwrap());
            assert_eq!(FetchMetadata::of(&headers).site, "?");
        }
    }
}
