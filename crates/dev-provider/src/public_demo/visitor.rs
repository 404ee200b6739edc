//! The visitors of a public demo: each browser has separate users.
//!
//! The browser keeps a random value in a cookie for a day. The users' `sub` contains a hash of this value, so
//! the provider keeps nothing about a visitor. An app learns the hash, and cannot act as the visitor with it.
//! The hash also depends on a value of this process: after a restart all users are new.

use crate::DevProvider;
use crate::random::Random;
use axum::http::{HeaderMap, HeaderValue, header};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::time::Duration;
use tower_sessions::cookie::{Cookie, SameSite, time};

/// How long a browser keeps its users.
const KEPT: Duration = Duration::from_secs(24 * 3600);
/// Length of a random value of [`Random::token`].
const TOKEN_LENGTH: usize = 43;
/// Number of bytes of the hash that a visitor's id has.
const ID_BYTES: usize = 10;

/// Knows visitors by their cookies.
#[derive(Debug)]
pub(crate) struct Visitors {
    salt: String,
}

/// The visitor who sent a request.
#[derive(Debug)]
pub(crate) struct Visitor {
    pub(crate) id: String,
    /// `Set-Cookie` for a visitor whose browser has no cookie yet.
    pub(crate) cookie: Option<HeaderValue>,
}

impl Visitors {
    pub(crate) fn new(random: &Random) -> Self {
        Self { salt: random.token() }
    }

    fn id(&self, token: &str) -> String {
        let hash = Sha256::new().chain_update(&self.salt).chain_update(token).finalize();
        hash.iter().take(ID_BYTES).fold(String::new(), |mut id, byte| {
            // Writing to a string does not fail.
            let _ = write!(id, "{byte:02x}");
            id
        })
    }
}

impl DevProvider {
    /// Returns the visitor who sent these headers, in a public demo.
    pub(crate) fn visitor(&self, headers: &HeaderMap) -> Option<Visitor> {
        if !self.config().public_demo {
            return None;
        }
        let secure = self.config().issuer.scheme() == "https";
        // With this prefix, no other host of the domain can set the cookie (RFC 6265bis §4.1.3).
        let name = if secure { "__Host-provider.visitor" } else { "provider.visitor" };
        let visitors = self.visitors();
        if let Some(token) = token_in(headers, name) {
            return Some(Visitor { id: visitors.id(&token), cookie: None });
        }
        let token = self.config().random.token();
        let cookie = Cookie::build((name, token.as_str()))
            .path("/")
            .http_only(true)
            .same_site(SameSite::Lax)
            .secure(secure)
            .max_age(time::Duration::try_from(KEPT).unwrap_or(time::Duration::DAY));
        Some(Visitor { id: visitors.id(&token), cookie: HeaderValue::try_from(cookie.to_string()).ok() })
    }
}

/// Returns the random value in the cookie `name`, if the value has the form of one.
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

/// Whether a text has the form of a visitor's id.
pub(crate) fn is_visitor_id(text: &str) -> bool {
    let is_hex = |byte: u8| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte);
    text.len() == 2 * ID_BYTES && text.bytes().all(is_hex)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_follows_from_the_cookie_and_the_process() {
        let random = Random::seeded(1);
        let (first, second) = (Visitors::new(&random), Visitors::new(&random));
        let (a, b) = (random.token(), random.token());
        assert_eq!(first.id(&a), first.id(&a));
        assert_ne!(first.id(&a), first.id(&b));
        assert_ne!(first.id(&a), second.id(&a), "after a restart");
        assert!(is_visitor_id(&first.id(&a)));
    }

    #[test]
    fn a_cookie_that_this_provider_did_not_make_is_ignored() {
        let name = "provider.visitor";
        let sent = |value: &str| {
            let line = format!("other=1; {name}={value}; more=2");
            token_in(&HeaderMap::from_iter([(header::COOKIE, line.parse().unwrap())]), name)
        };
        let token = Random::seeded(1).token();
        assert_eq!(token.len(), TOKEN_LENGTH);
        assert_eq!(sent(&token).as_deref(), Some(token.as_str()));
        for value in ["", "short", &"a".repeat(TOKEN_LENGTH + 1), &"|".repeat(TOKEN_LENGTH)] {
            assert_eq!(sent(value), None, "{value}");
        }
    }
}
