//! The names and scopes of an app's cookies.

use super::{CookieKind, Cookies, SessionOptions};
use crate::origin::Origin;
use http::HeaderMap;

/// How an app names and scopes its cookies.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CookieSettings {
    /// The app's name, which begins every cookie name, because ports do not separate cookie jars.
    pub prefix: String,
    /// `AUTH_COOKIE_DOMAIN` without its leading dot. Used only on origins under it.
    pub domain: Option<String>,
    /// The options of the session cookie.
    pub session: SessionOptions,
}

impl CookieSettings {
    /// Returns the cookies of a request to `origin`.
    #[must_use]
    pub fn at<'a>(&'a self, origin: &'a Origin, headers: &'a HeaderMap) -> Cookies<'a> {
        Cookies { settings: self, origin, headers }
    }

    /// Returns the prefix that limits a cookie to https: `__Host-` or, with a domain, `__Secure-` (RFC
    /// 6265bis §4.1.3). Plain http, for development, has no prefix.
    pub(super) fn security(&self, kind: CookieKind<'_>, origin: &Origin) -> &'static str {
        match (origin.is_https(), self.domain_for(kind, origin)) {
            (false, _) => "",
            // A `__Host-` cookie covers a whole host.
            (true, None) if kind != CookieKind::Session || self.session.path == "/" => "__Host-",
            (true, _) => "__Secure-",
        }
    }

    pub(super) fn domain_for(&self, kind: CookieKind<'_>, origin: &Origin) -> Option<&str> {
        let is_shared = matches!(kind, CookieKind::Session | CookieKind::Silent | CookieKind::Ended);
        let domain = self.domain.as_deref().filter(|_| is_shared)?;
        let under =
            origin.host().strip_suffix(domain).is_some_and(|rest| rest.is_empty() || rest.ends_with('.'));
        under.then_some(domain)
    }
}
