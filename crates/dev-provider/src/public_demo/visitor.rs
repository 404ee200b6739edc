//! The visitors of a public demo: each browser has separate users.
//!
//! The browser keeps a random value in a cookie for a day. The users' `sub` contains a hash of this value, so
//! the provider keeps nothing about a visitor. An app learns the hash, and cannot act as the visitor with it.
//! The hash also depends on a value of this process: after a restart all users are new.

use crate::DevProvider;
use crate::random::Random;
use crate::random_cookie::RandomCookie;
use axum::http::{HeaderMap, HeaderValue};
use sha2::{Digest as _, Sha256};
use std::fmt::Write as _;
use std::time::Duration;

/// How long a browser keeps its users.
const KEPT: Duration = Duration::from_secs(24 * 3600);
const COOKIE: RandomCookie = RandomCookie { http: "provider.visitor", https: "__Host-provider.visitor" };
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
        let visitors = self.visitors();
        if let Some(token) = COOKIE.read(self.config(), headers) {
            return Some(Visitor { id: visitors.id(&token), cookie: None });
        }
        let token = self.config().random.token();
        Some(Visitor { id: visitors.id(&token), cookie: COOKIE.set(self.config(), &token, Some(KEPT)) })
    }
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
}
