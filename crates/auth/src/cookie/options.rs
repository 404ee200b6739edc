//! How the session's cookie is to be (article 5, `sessionOptions`).

use crate::{config::ConfigError, origin::PublicUrls};
use chrono::TimeDelta;
pub use cookie::SameSite;

/// The session's cookie, and how long it lasts. One for every way in, so that what a handoff sets is what the
/// next request's check reads.
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
    /// Its name, after the `__Host-` or `__Secure-` that https asks for; `<app>.session` by default.
    pub cookie_name: Option<String>,
    /// `Lax` by default. With `Strict` a visitor who follows a link from another site looks signed out there
    /// until the next click, the first page after a handoff included.
    pub same_site: SameSite,
    /// By default as the address is: https only where it is https. `Some(false)` is refused for https.
    pub secure: Option<bool>,
    /// `/` by default. A cookie of another path cannot have the prefix `__Host-`.
    pub path: String,
    /// Time without activity after which the session expires: `AUTH_SESSION_MAX_AGE` unless said here.
    pub max_age: Option<TimeDelta>,
    /// `true`, and everything else is refused: a script that can read the cookie can take the session along.
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
    /// Refuses what would be no cookie, or one that gives the session away.
    ///
    /// # Errors
    /// A [`ConfigError`] that names the option.
    pub(crate) fn check(&self, urls: &PublicUrls) -> Result<(), ConfigError> {
        let refuse = |option: &str, problem: &str| {
            Err(ConfigError::new(format!("session_options.{option}"), problem.to_owned()))
        };
        // A token of RFC 9110 §5.6.2, as far as anybody needs it; a prefix is put on where it is true.
        let is_name = |name: &String| {
            let allowed = |byte: u8| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte);
            !name.is_empty() && !name.starts_with("__") && name.len() <= 64 && name.bytes().all(allowed)
        };
        if self.cookie_name.as_ref().is_some_and(|name| !is_name(name)) {
            return refuse(
                "cookie_name",
                "must be letters, digits, dots and dashes, and must not begin with __",
            );
        }
        if !self.http_only {
            return refuse("http_only", "must be true: scripts have no business with the session's cookie");
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
            return refuse("max_age", "must be more than nothing");
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
    fn what_gives_the_session_away_is_refused_by_name() {
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
