//! What an app says of its addresses: which need no session, and where its pages are.

use crate::origin::check_path;
use auth_types::{Pages, fits};
use std::sync::Arc;

/// The paths that need no session. They are compared byte by byte with the path as it was sent, so capitals,
/// percent-encoding and `;` parameters are not on the list. A prefix never covers a path that a router could
/// lead out of it ([`check_path`]).
#[derive(Clone, Copy, Debug)]
pub struct PublicPaths {
    /// Pages, exactly. A part that begins with a colon stands for any one part: `/blog/:slug`.
    pub pages: &'static [&'static str],
    /// Endpoints, server functions and files, exactly. Asking for one is no activity of the user, and extends no session.
    pub others: &'static [&'static str],
    /// Prefixes, each ending in `/`, of endpoints and files.
    pub prefixes: &'static [&'static str],
}

impl PublicPaths {
    /// Whether the path is on the list.
    #[must_use]
    pub fn contains(&self, path: &str) -> bool {
        self.is_page(path) || self.is_file(path)
    }

    /// Whether the path is that of a public page.
    #[must_use]
    pub fn is_page(&self, path: &str) -> bool {
        self.pages.iter().any(|page| fits(page, path))
    }

    /// Whether the path is that of a public endpoint or file, and not a page's.
    #[must_use]
    pub fn is_file(&self, path: &str) -> bool {
        self.others.contains(&path)
            || (self.prefixes.iter().any(|prefix| path.starts_with(prefix)) && check_path(path).is_ok())
    }
}

/// The app's pages, and what of it needs no session; in the extensions of every request.
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
    fn only_what_is_listed_is_public() {
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
    fn a_pattern_stands_for_one_part_and_never_for_more() {
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
