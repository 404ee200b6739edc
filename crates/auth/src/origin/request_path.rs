//! Refuses request paths that can be read in more than one way.
//!
//! The guard compares paths byte by byte. axum matches paths as they were sent. leptos_router first resolves
//! paths as a browser would (`/a/../b`, `\`, `%2e`). A path that these three would read differently is
//! refused before any of them sees it. So the guarded path is always the rendered path, whatever fallback the
//! app has.

use percent_encoding::percent_decode_str;

/// The path can be read in more than one way.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("ambiguous_path")]
pub struct AmbiguousPath;

/// Checks a path as sent in the request line, without its query.
///
/// # Errors
/// [`AmbiguousPath`] for:
/// - a path that does not begin with `/`;
/// - an empty segment (`//`) before the last segment;
/// - a segment that, percent-decoded once, is `.` or `..`;
/// - a segment that, percent-decoded once, contains `/`, `\` or a control character, or is not UTF-8.
pub fn check_path(path: &str) -> Result<(), AmbiguousPath> {
    let segments = path.strip_prefix('/').ok_or(AmbiguousPath)?;
    // Fast path for most requests: plain characters only, and dots only inside names.
    if segments.bytes().all(is_plain) && !segments.split('/').any(|segment| is_special(segment.as_bytes())) {
        return without_empty_segments(segments);
    }
    for segment in segments.split('/') {
        let decoded: Vec<u8> = percent_decode_str(segment).collect();
        let has_separator =
            decoded.iter().any(|byte| matches!(byte, b'/' | b'\\') || byte.is_ascii_control());
        if is_special(&decoded) || has_separator || std::str::from_utf8(&decoded).is_err() {
            return Err(AmbiguousPath);
        }
    }
    without_empty_segments(segments)
}

/// Whether a byte of a path stands for itself in every router.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'-' | b'_' | b'.' | b'~')
}

/// Whether a segment is a dot segment (RFC 3986 §5.2.4).
fn is_special(segment: &[u8]) -> bool {
    matches!(segment, b"." | b"..")
}

fn without_empty_segments(segments: &str) -> Result<(), AmbiguousPath> {
    if segments.starts_with('/') || segments.contains("//") { Err(AmbiguousPath) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paths_with_one_reading_pass() {
        for path in [
            "/",
            "/dashboard",
            "/dashboard/",
            "/auth/callback/demo",
            "/.well-known/jwks.json",
            "/pkg/app.v1.2..css",
            "/blog/...",
            "/blog/k%C3%A4se",
            "/blog/a%20b;c=d",
            "/blog/100%25",
            "/blog/%252e%252e",
            "/@alice",
        ] {
            assert_eq!(check_path(path), Ok(()), "{path}");
        }
    }

    #[test]
    fn paths_that_a_browser_or_router_would_rewrite_are_refused() {
        for path in [
            "",
            "*",
            "dashboard",
            "//",
            "//dashboard",
            "/handoff//dashboard",
            "/handoff/../dashboard",
            "/handoff/..",
            "/handoff/./x",
            "/handoff/.",
            "/handoff/%2e%2e/dashboard",
            "/handoff/%2E./dashboard",
            "/handoff/.%2e",
            "/handoff/x/../../dashboard",
            "/handoff/..\\dashboard",
            "/handoff\\..\\dashboard",
            "/handoff/..%5cdashboard",
            "/handoff/..%2fdashboard",
            "/handoff/%2F",
            "/handoff/%00",
            "/handoff/a%0d%0ab",
            "/handoff/%7f",
            "/handoff/%ff",
            "/handoff/%c0%ae%c0%ae/dashboard",
        ] {
            assert_eq!(check_path(path), Err(AmbiguousPath), "{path}");
        }
    }
}
