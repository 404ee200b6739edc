//! The paths of the pages that sign-in needs. The app serves these pages.

use crate::{SignInError, encode_query};
use serde::{Deserialize, Serialize};

/// The paths of an app's sign-in pages, without a query.
///
/// ```
/// use auth_types::Pages;
///
/// let pages = Pages { login: "/welcome".into(), ..Pages::default() };
/// assert_eq!(pages.login_url("/dashboard?tab=2"), "/welcome?callbackUrl=%2Fdashboard%3Ftab%3D2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// The sign-in page, with a form for each provider; `/login` by default. Its query holds `callbackUrl`
    /// and, after a failed sign-in, `error`.
    pub login: String,
    /// The page after a sign-out; `/signed-out` by default.
    pub signed_out: String,
    /// The page with the sign-out form, for users who follow a link; `/ssr-logout` by default.
    pub sign_out: String,
    /// The page that lists the user's sessions. Its forms redirect back to it. `/session` by default.
    pub sessions: String,
}

impl Default for Pages {
    fn default() -> Self {
        Self {
            login: "/login".to_owned(),
            signed_out: "/signed-out".to_owned(),
            sign_out: "/ssr-logout".to_owned(),
            sessions: "/session".to_owned(),
        }
    }
}

impl Pages {
    /// Returns the URL of the sign-in page, which leads back to `path` after a sign-in.
    ///
    /// ```
    /// let pages = auth_types::Pages::default();
    /// assert_eq!(pages.login_url("/dashboard?tab=2"), "/login?callbackUrl=%2Fdashboard%3Ftab%3D2");
    /// assert_eq!(pages.login_url("/"), "/login");
    /// ```
    #[must_use]
    pub fn login_url(&self, path: &str) -> String {
        self.login_with(None, path)
    }

    /// Returns the URL of the sign-in page, with `path` and the reason why a sign-in failed.
    ///
    /// ```
    /// use auth_types::{Pages, SignInError};
    ///
    /// let pages = Pages::default();
    /// let url = pages.login_error_url(SignInError::Refused, "/a");
    /// assert_eq!(url, "/login?error=refused&callbackUrl=%2Fa");
    /// ```
    #[must_use]
    pub fn login_error_url(&self, error: SignInError, path: &str) -> String {
        self.login_with(Some(error), path)
    }

    fn login_with(&self, error: Option<SignInError>, path: &str) -> String {
        let error = error.map(|error| format!("error={}", error.code()));
        let callback = (path != "/").then(|| format!("callbackUrl={}", encode_query(path)));
        let query = error.into_iter().chain(callback).collect::<Vec<_>>().join("&");
        if query.is_empty() { self.login.clone() } else { format!("{}?{query}", self.login) }
    }
}

/// Checks whether `path` is this page or matches this pattern. A segment that begins with a colon matches any
/// one segment of RFC 3986 unreserved characters, unless that segment has only dots.
///
/// ```
/// use auth_types::path_matches;
///
/// assert!(path_matches("/public", "/public") && path_matches("/blog/:slug", "/blog/first-post"));
/// assert!(!path_matches("/public", "/public/"));
/// assert!(!path_matches("/blog/:slug", "/blog/a/b") && !path_matches("/blog/:slug", "/blog/.."));
/// ```
#[must_use]
pub fn path_matches(page: &str, path: &str) -> bool {
    let part_fits = |(meant, part): (&str, &str)| match meant.strip_prefix(':') {
        Some(name) if !name.is_empty() => {
            !part.is_empty() && part.bytes().any(|byte| byte != b'.') && part.bytes().all(is_plain)
        }
        _ => meant == part,
    };
    page == path
        || (page.contains("/:")
            && page.split('/').count() == path.split('/').count()
            && page.split('/').zip(path.split('/')).all(part_fits))
}

/// Checks for an RFC 3986 unreserved character, which has the same meaning in every router.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}
