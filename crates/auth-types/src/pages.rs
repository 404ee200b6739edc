//! Where an app has the pages that sign-in needs. No library has a page of its own: these are the app's.

use crate::{SignInError, encode_query};
use serde::{Deserialize, Serialize};

/// Paths of pages, without a query.
///
/// ```
/// use auth_types::Pages;
///
/// let pages = Pages { login: "/welcome".into(), ..Pages::default() };
/// assert_eq!(pages.login_url("/dashboard?tab=2"), "/welcome?callbackUrl=%2Fdashboard%3Ftab%3D2");
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Pages {
    /// With a form for each provider; `/login` by default. It gets `callbackUrl` and, when a sign-in failed, `error`.
    pub login: String,
    /// Where a sign-out ends; `/signed-out` by default.
    pub signed_out: String,
    /// With the sign-out form, for those who come by a link; `/ssr-logout` by default.
    pub sign_out: String,
    /// With the list of the user's sessions, where its forms lead back to; `/session` by default.
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
    /// The sign-in page, leading back to `path` afterwards.
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

    /// The same, with the reason why a sign-in did not work.
    ///
    /// ```
    /// use auth_types::{Pages, SignInError};
    ///
    /// let pages = Pages::default();
    /// assert_eq!(pages.login_error_url(SignInError::Refused, "/a"), "/login?error=refused&callbackUrl=%2Fa");
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

/// Whether a path is this page, or fits this pattern: a part that begins with a colon stands for any one part of
/// characters that mean the same everywhere.
///
/// ```
/// use auth_types::fits;
///
/// assert!(fits("/public", "/public") && fits("/blog/:slug", "/blog/first-post"));
/// assert!(!fits("/public", "/public/") && !fits("/blog/:slug", "/blog/a/b") && !fits("/blog/:slug", "/blog/.."));
/// ```
#[must_use]
pub fn fits(page: &str, path: &str) -> bool {
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

/// Whether a byte stands for itself in every router.
fn is_plain(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}
