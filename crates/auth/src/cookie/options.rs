//! Options of the session cookie (article 5, `sessionOptions`).

use crate::{config::ConfigError, origin::PublicUrls};
use chrono::TimeDelta;
pub use cookie::SameSite;

/// Options of the session cookie, and how long the session lasts. They apply to every kind of sign-in, so
/// that the cookie of a handoff is the cookie that the next request reads.
///
/// ```
/// use auth::cookie::{SameSite, SessionOptions};
/// use chrono::TimeDelta;
///
/// let options = SessionOptions {
///     cookie_name: Some("my_app_session".to_owned()),
///     same_site: SameSite::Strict,
///     max_age: Some(TimeDelta::days(14)),
///     ..SessionOptions::default()
/// };
/// assert!(options.http_only);
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionOptions {
    /// The cookie's name, without the prefix `__Host-` or `__Secure-` that https adds; `<app>.session` by
    /// default.
    pub cookie_name: Option<String>,
    /// `Lax` by default. With `Strict`, a visitor who follows a link from another site looks signed out until
    /// the next click. This includes the first page after a handoff.
    pub same_site: SameSite,
    /// By default, `Secure` is set on https origins only. `Some(false)` is refused for https.
    pub secure: Option<bool>,
    /// `/` by default. A cookie with another path cannot have the prefix `__Host-`.
    pub path: String,
    /// Time without activity after which the session expires; `AUTH_SESSION_MAX_AGE` by default.
    pub max_age: Option<TimeDelta>,
    /// Must be `true`: a script that can read the cookie can steal the session.
    pub http_only: bool,
}

impl Default for SessionOptions {
    fn default() -> Self {
        Self {
            cookie_name: None,
            same_site: SameSite::Lax,
            secure: None,
            path: "/".to_owned(),
            max_age: None,
            http_only: true,
        }
    }
}

impl SessionOptions {
    /// Refuses options that make an invalid cookie, or a cookie that exposes the session.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the option.
    pub(crate) fn check(&self, urls: &PublicUrls) -> Result<(), ConfigError> {
        let refuse = |option: &str, problem: &str| {
            Err(ConfigError::new(format!("session_options.{option}"), problem.to_owned()))
        };
        // A part of what RFC 9110 §5.6.2 allows in a token. A prefix is added only where its promise holds.
        let is_name = |name: &String| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !name.is_empty() && !name.starts_with("__") && name.len() <= 64 && name.bytes().all(allowed)
        };
        if self.cookie_name.as_ref().is_some_and(|name| !is_name(name)) {
            return refuse(
                "cookie_name",
                "must be 1 to 64 letters, digits, dots, dashes or underscores, and must not begin with __",
            );
        }
        if !self.http_only {
            return refuse("http_only", "must be true, so that scripts cannot read the session cookie");
        }
        if self.secure == Some(false) && urls.any_is_https() {
            return refuse("secure", "must not be false for an https origin; leave it out");
        }
        let is_secure = self.secure == Some(true) || urls.all_are_https();
        if self.same_site == SameSite::None && !is_secure {
            return refuse("same_site", "None needs https (or secure: Some(true))");
        }
        let is_path = self.path.starts_with('/')
            && self.path.bytes().all(|byte| byte.is_ascii_graphic() && !b";,".contains(&byte));
        if !is_path {
            return refuse("path", "must begin with / and have no spaces, commas or semicolons");
        }
        if self.max_age.is_some_and(|age| age <= TimeDelta::zero()) {
            return refuse("max_age", "must be longer than zero");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(options: &SessionOptions, urls: &str) -> String {
        let urls = PublicUrls::parse(urls).unwrap();
        options.check(&urls).map_or_else(|error| error.variable, |()| String::new())
    }

    #[test]
    fn options_that_expose_the_session_are_refused_by_name() {
        let with = |change: fn(&mut SessionOptions)| {
            let mut options = SessionOptions::default();
            change(&mut options);
            options
        };
        let (http, https) = ("http://localhost:1", "https://a.example");
        assert_eq!(refused(&SessionOptions::default(), https), "");
        let script = with(|options| options.http_only = false);
        assert_eq!(refused(&script, http), "session_options.http_only");
        let plain = with(|options| options.secure = Some(false));
        assert_eq!(refused(&plain, https), "session_options.secure");
        assert_eq!(refused(&plain, http), "");
        let none = with(|options| options.same_site = SameSite::None);
        assert_eq!(refused(&none, http), "session_options.same_site");
        assert_eq!(refused(&none, https), "");
        for name in ["", "a;b", "a=b", "__Host-a", "a b", "ä"] {
            let options = SessionOptions { cookie_name: Some(name.into()), ..SessionOptions::default() };
            assert_eq!(refused(&options, http), "session_options.cookie_name", "{name}");
        }
        for path in ["", "a", "/a;Domain=x", "/a b"] {
            let options = SessionOptions { path: path.into(), ..SessionOptions::default() };
            assert_eq!(refused(&options, http), "session_options.path", "{path}");
        }
        let never = with(|options| options.max_age = Some(TimeDelta::zero()));
        assert_eq!(refused(&never, http), "session_options.max_age");
    }
}
