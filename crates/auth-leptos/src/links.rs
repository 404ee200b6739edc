//! Decides which clicks check the session first, and which paths a sign-in may return to. The functions are
//! pure, so the browser's guard, the pages and the tests share them.

#[cfg(any(feature = "hydrate", feature = "watch"))]
mod clicked;

use auth_types::{encode_query, path_matches};
#[cfg(any(feature = "hydrate", feature = "watch"))]
pub(crate) use clicked::{Clicks, says_signed_out};
#[cfg(feature = "hydrate")]
pub(crate) use clicked::{here, here_with_fragment};

/// A click on a link. The fields hold DOM properties.
#[derive(Clone, Copy, Debug)]
pub struct Click<'a> {
    /// `location.origin` of the page the click happened on.
    pub here_origin: &'a str,
    /// Path and query of the page the click happened on.
    pub here: &'a str,
    /// The link's resolved `origin`.
    pub origin: &'a str,
    /// The link's resolved `pathname`.
    pub path: &'a str,
    /// The link's resolved `search`, with its `?`, or empty.
    pub search: &'a str,
    /// The link's resolved `hash`, with its `#`, or empty.
    pub hash: &'a str,
    /// The link's `target`, or empty.
    pub target: &'a str,
    /// Whether the link has a `download` attribute.
    pub download: bool,
    /// Whether the browser opens the link elsewhere: not the main button, or Ctrl, Shift, Alt or Meta held.
    pub modified: bool,
}

/// What the guard does with a click.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    /// The browser follows the link as usual, in this tab.
    Follow,
    /// The browser opens the link elsewhere, for example in a new tab. This page stays as it is.
    OpenElsewhere,
    /// The guard checks the session first. Holds the path, query and fragment to return to after a sign-in.
    CheckSession(String),
}

/// Decides what the guard does with a click (article 2, "Handling Authorization Per Route"). The guard checks
/// the session only before a plain click that replaces this page with a protected page of the same app.
/// `public` lists the public pages, as paths or patterns.
#[must_use]
pub fn decide(click: &Click<'_>, public: &[&str]) -> Decision {
    let target = format!("{}{}", click.path, click.search);
    if click.modified || click.download || !matches!(click.target, "" | "_self") {
        return Decision::OpenElsewhere;
    }
    let is_foreign = click.origin != click.here_origin;
    let within_page = !click.hash.is_empty() && target == click.here;
    // The sign-in endpoints are public too, and pages link to them.
    let is_public =
        public.iter().any(|page| path_matches(page, click.path)) || click.path.starts_with("/auth/");
    if is_foreign || within_page || is_public {
        return Decision::Follow;
    }
    Decision::CheckSession(format!("{target}{}", click.hash))
}

/// Returns `path` if it is a page of this app: one leading slash, no backslash, no control characters, and
/// not an endpoint under `/auth/`. The server checks again before it redirects; this check keeps other sites
/// out of links.
///
/// ```
/// use auth_leptos::links::local_path;
///
/// assert_eq!(local_path("/dashboard?tab=1"), Some("/dashboard?tab=1"));
/// assert_eq!(local_path("//evil.example"), None);
/// ```
#[must_use]
pub fn local_path(path: &str) -> Option<&str> {
    let local = path.starts_with('/')
        && !path.starts_with("//")
        && !path.contains('\\')
        && !path.starts_with("/auth/")
        && !path.chars().any(char::is_control);
    local.then_some(path)
}

/// Returns `/auth/signin?callbackUrl=…`, the sign-in link of a header.
#[must_use]
pub fn sign_in_url(path: &str) -> String {
    format!("/auth/signin?callbackUrl={}", encode_query(path))
}

#[cfg(test)]
mod tests;
