//! Cookies with a random value, from which the provider recognises a browser.

use crate::Config;
use axum::http::{HeaderMap, HeaderValue, header};
use std::time::Duration;
use tower_sessions::cookie::{Cookie, SameSite, time};

/// Length of a random value of [`Random::token`](crate::Random).
const TOKEN_LENGTH: usize = 43;

/// The names of a cookie. With the prefix `__Host-`, which needs https, no other host of the domain can set the
/// cookie (RFC 6265bis §4.1.3).
#[derive(Debug)]
pub(crate) struct RandomCookie {
    pub(crate) http: &'static str,
    pub(crate) https: &'static str,
}

impl RandomCookie {
    /// Returns the random value that a browser has sent. A value of another form counts as missing.
    pub(crate) fn read(&self, config: &Config, headers: &HeaderMap) -> Option<String> {
        token_in(headers, self.name(config))
    }

    /// Returns the `Set-Cookie` header. Without `max_age`, the browser keeps the cookie until it is closed.
    pub(crate) fn set(&self, config: &Config, token: &str, max_age: Option<Duration>) -> Option<HeaderValue> {
        let mut cookie = Cookie::build((self.name(config), token))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(is_secure(config));
        if let Some(max_age) = max_age {
            cookie = cookie.max_age(time::Duration::try_from(max_age).unwrap_or(time::Duration::DAY));
        }
        HeaderValue::try_from(cookie.to_string()).ok()
    }

    fn name(&self, config: &Config) -> &'static str {
        if is_secure(config) { self.https } else { self.http }
    }
}

fn is_secure(config: &Config) -> bool {
    config.issuer.scheme() == "https"
}

fn token_in(headers: &HeaderMap, name: &str) -> Option<String> {
    let is_token = |text: &str| {
        let allowed = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        text.len() == TOKEN_LENGTH && text.bytes().all(allowed)
    };
    headers
        .get_all(header::COOKIE)
        .iter()
        .filter_map(|line| line.to_str().ok())
        .flat_map(Cookie::split_parse)
        .filter_map(Result::ok)
        .find(|cookie| cookie.name() == name && is_token(cookie.value()))
        .map(|cookie| cookie.value().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Random;

    const COOKIE: RandomCookie = RandomCookie { http: "provider.test", https: "__Host-provider.test" };

    #[test]
    fn a_cookie_that_this_provider_did_not_make_is_ignored() {
        let sent = |value: &str| {
            let line = format!("other=1; provider.test={value}; more=2");
            token_in(&HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())]), "provider.test")
        };
        let token = Random::seeded(1).token();
        assert_eq!(token.len(), TOKEN_LENGTH);
        assert_eq!(sent(&token).as_deref(), Some(token.as_str()));
        for value in ["", "short", &"a".repeat(TOKEN_LENGTH + 1), &"|".repeat(TOKEN_LENGTH)] {
            assert_eq!(sent(value), None, "{value}");
        }
    }

    #[test]
    fn with_https_only_this_host_can_set_the_cookie() {
        let token = Random::seeded(1).token();
        let set = |issuer: &str| {
            let cookie = COOKIE.set(&Config::new(issuer.parse().unwrap()), &token, None).unwrap();
            cookie.to_str().unwrap().to_owned()
        };
        let https = set("https://auth.example");
        assert!(https.starts_with("__Host-provider.test=") && https.contains("Secure"), "{https}");
        let http = set("http://auth.localhost");
        assert!(http.starts_with("provider.test=") && !http.contains("Secure"), "{http}");
        for cookie in [https, http] {
            assert!(cookie.contains("HttpOnly") && cookie.contains("SameSite=Lax"), "{cookie}");
            assert!(!cookie.contains("Domain") && !cookie.contains("Max-Age"), "{cookie}");
        }
    }
}
