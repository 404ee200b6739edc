//! The app's paths: public paths, and where its pages are.

use crate::origin::check_path;
use auth_types::{Pages, path_matches};
use std::sync::Arc;

/// The paths that need no session.
///
/// Paths are compared byte by byte, as they were sent. So other capitals, percent-encoding and `;`
/// parameters do not match. A prefix never covers a path that a router could resolve to a path outside the
/// prefix ([`check_path`]).
#[derive(Clone, Copy, Debug)]
pub struct PublicPaths {
    /// Pages, compared exactly. A segment that begins with a colon matches any one segment: `/blog/:slug`.
    pub pages: &'static [&'static str],
    /// Endpoints, server functions and files, compared exactly. A request for them is not user activity,
    /// and extends no session.
    pub others: &'static [&'static str],
    /// Prefixes, each ending in `/`, of endpoints and files.
    pub prefixes: &'static [&'static str],
}

impl PublicPaths {
    /// Whether the path is public.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.is_page(path) || self.is_file(path)
    }

    /// Whether the path is a public page.
    #[must_use]
    pub fn is_page(&self, path: &str) -> bool {
        self.pages.iter().any(|page| path_matches(page, path))
    }

    /// Whether the path is a public endpoint or file, and not a page.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.others.contains(&path)
            || (self.prefixes.iter().any(|prefix| path.starts_with(prefix)) && check_path(path).is_ok())
    }
}

/// The app's pages and public paths; in the extensions of every request.
#[derive(Clone, Debug)]
pub(crate) struct AppPages {
    pub(crate) pages: Arc<Pages>,
    pub(crate) public: PublicPaths,
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATHS: PublicPaths =
        PublicPaths { pages: &["/", "/public"], others: &["/healthz"], prefixes: &["/auth/", "/pkg/"] };

    #[test]
    fn only_listed_paths_are_public() {
        for path in ["/", "/public", "/healthz", "/auth/session", "/pkg/main.css"] {
            assert!(PATHS.contains(path), "{path}");
        }
        for path in [
            "/protected",
            "/Public",
            "/PUBLIC",
            "/public/",
            "//public",
            "/./public",
            "/public/.",
            "/public/..",
            "/public;x",
            "/public%2f",
            "/%70ublic",
            "/p%75blic",
            "/publicx",
            "/authx",
            "/auth",
            "/pkg",
            "",
            "/api/x",
            "/auth/../protected",
            "/pkg/%2e%2e/protected",
            "/auth/..\\protected",
            "/auth//protected",
        ] {
            assert!(!PATHS.contains(path), "{path}");
        }
    }

    #[test]
    fn a_pattern_matches_exactly_one_segment() {
        let blog =
            PublicPaths { pages: &["/blog/:slug", "/u/:name/posts", "/:"], others: &[], prefixes: &[] };
        for path in ["/blog/first-post", "/blog/2026.11_x~y", "/u/alice/posts"] {
            assert!(blog.contains(path), "{path}");
        }
        for path in [
            "/blog",
            "/blog/",
            "/blog/a/b",
            "/blog/a/",
            "/blog/..",
            "/blog/.",
            "/blog/%2e%2e",
            "/blog/a%2fb",
            "/blog/a;b",
            "/blog/a\\b",
            "//first-post",
            "/Blog/a",
            "/u//posts",
            "/u/alice",
            "/u/alice/posts/x",
            "/x",
        ] {
            assert!(!blog.contains(path), "{path}");
        }
    }
}
