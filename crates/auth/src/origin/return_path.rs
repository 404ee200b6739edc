//! Where a visitor goes after signing in or out: a checked local path, or `/`.

use auth_types::encode_query;
use percent_encoding::percent_decode_str;
use std::fmt;
use url::{Position, Url};

/// Longest accepted return path, bytes.
const MAX_LENGTH: usize = 2048;

/// Longest return path as a parameter of an address, bytes. A redirect to the sign-in page carries it, and nginx has 4 KB
/// for all headers of an answer unless it is told otherwise.
const MAX_ENCODED: usize = 2700;

/// A path on the app's own origin.
///
/// User input becomes a `ReturnPath` through [`parse`](Self::parse) only, so a redirect to it cannot leave
/// the app (RFC 9700 §4.11.1, open redirectors).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReturnPath(String);

impl ReturnPath {
    /// The start page, the fallback for unsafe paths.
    #[must_use]
    pub fn root() -> Self {
        Self("/".into())
    }

    /// Parses and normalises a local path; query and fragment may follow.
    ///
    /// Returns `None` for:
    /// - text that a browser could read as another origin (`//`, `/\`, a scheme);
    /// - control characters, plain or percent-encoded;
    /// - a path longer than 2048 bytes, or longer than 2700 bytes where it is encoded in another address;
    /// - endpoints below `/auth/`: they show no page, and some would restart the flow that has just ended.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_LENGTH || !text.starts_with('/') {
            return None;
        }
        // A backslash separates nothing in a query or a fragment, but some programs would read it as a slash.
        let (path, rest) = text.split_at(text.find(['?', '#']).unwrap_or(text.len()));
        let text = &format!("{path}{}", rest.replace('\\', "%5C"));
        let decoded: Vec<u8> = percent_decode_str(path).collect();
        let is_unsafe = |byte: &u8| byte.is_ascii_control() || *byte == b'\\';
        if text.as_bytes().iter().any(is_unsafe) || decoded.iter().any(is_unsafe) {
            return None;
        }
        // `Url` resolves `..` as a browser would; the result must still be local, with one leading slash.
        let base = Url::parse("http://local.invalid/").ok()?;
        let resolved = base.join(text).ok()?;
        let local = &resolved[Position::BeforePath..];
        // Percent-encoding can triple the length, and cookies carry the path.
        if local.len() > MAX_LENGTH || encode_query(local).len() > MAX_ENCODED {
            return None;
        }
        let leaves =
            resolved.origin() != base.origin() || local.starts_with("//") || decoded.starts_with(b"//");
        (!leaves && !is_endpoint(resolved.path())).then(|| Self(local.to_owned()))
    }

    /// Returns the checked path; the start page if `text` is missing or unsafe.
    #[must_use]
    pub fn or_root(text: Option<&str>) -> Self {
        text.and_then(Self::parse).unwrap_or_else(Self::root)
    }

    /// The path as ASCII text, safe for a `Location` header.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

/// Whether a path without dot segments is `/auth` or below it, in any capitalisation or percent-encoding.
fn is_endpoint(path: &str) -> bool {
    let decoded: Vec<u8> = percent_decode_str(path).collect();
    let first = decoded.split(|byte| *byte == b'/').find(|segment| !segment.is_empty());
    first.is_some_and(|segment| segment.eq_ignore_ascii_case(b"auth"))
}

impl fmt::Display for ReturnPath {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn local_paths_survive() {
        for (text, kept) in [
            ("/", "/"),
            ("/dashboard", "/dashboard"),
            ("/dashboard?tab=2#top", "/dashboard?tab=2#top"),
            ("/a/../b", "/b"),
            ("/search?next=//evil.example", "/search?next=//evil.example"),
            ("/käse", "/k%C3%A4se"),
            ("/authors", "/authors"),
            ("/docs/auth/signout", "/docs/auth/signout"),
            ("/auth/../dashboard", "/dashboard"),
            ("/search?q=a\\b", "/search?q=a%5Cb"),
            ("/page?x#\\section", "/page?x#%5Csection"),
            ("/page#a?\\/b", "/page#a?%5C/b"),
        ] {
            assert_eq!(ReturnPath::parse(text).unwrap().as_str(), kept, "{text}");
        }
    }

    #[test]
    fn everything_else_becomes_the_start_page() {
        let long = format!("/{}", "a".repeat(MAX_LENGTH));
        let encoded = format!("/{}", "%E6".repeat(MAX_LENGTH / 3));
        let triples = format!("/{}", "ä".repeat(MAX_LENGTH / 4));
        for text in [
            "",
            "dashboard",
            "//evil.example",
            "///evil.example",
            "/\\evil.example",
            "\\evil.example",
            "/\\/evil.example",
            "/%5cevil.example",
            "/%2f/evil.example",
            "/%2Fevil.example",
            "/a/..//evil.example",
            "/..//evil.example",
            "/\t/evil.example",
            "/%09/evil.example",
            "/\r\nSet-Cookie: x=1",
            "/%0d%0aSet-Cookie:%20x=1",
            "/a\0b",
            "/\u{7f}",
            " /dashboard",
            "javascript:alert(1)",
            "https://evil.example",
            "http:/evil.example",
            "@evil.example",
            "/auth",
            "/auth/",
            "/auth/signout",
            "/auth/signin/demo?callbackUrl=/a",
            "/AUTH/signout",
            "/%61uth/signout",
            "/auth%2Fsignout",
            "/a/../auth/silent",
            "/a\\b?c",
            "/?\u{7f}",
            long.as_str(),
            encoded.as_str(),
            triples.as_str(),
        ] {
            assert_eq!(ReturnPath::or_root(Some(text)), ReturnPath::root(), "{text:?}");
        }
        assert_eq!(ReturnPath::or_root(None), ReturnPath::root());
    }
}
