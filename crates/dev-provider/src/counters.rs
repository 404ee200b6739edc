//! Request counters, so that a test can assert exactly one token request.

use serde::{Deserialize, Serialize};
use std::sync::atomic::{AtomicU64, Ordering};

/// Requests received since the start, faulty and refused ones included.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counters {
    /// Token requests with `grant_type=authorization_code`.
    pub authorization_code: u64,
    /// Token requests with `grant_type=refresh_token`.
    pub refresh_token: u64,
    /// Token requests with another `grant_type`, or none.
    pub other_grant: u64,
    /// Fetches of `/jwks.json`.
    pub jwks: u64,
    /// Fetches of `/.well-known/openid-configuration`.
    pub discovery: u64,
    /// UserInfo requests.
    pub userinfo: u64,
    /// Revocation requests.
    pub revocation: u64,
}

#[derive(Debug, Default)]
pub(crate) struct LiveCounters {
    pub(crate) authorization_code: Count,
    pub(crate) refresh_token: Count,
    pub(crate) other_grant: Count,
    pub(crate) jwks: Count,
    pub(crate) discovery: Count,
    pub(crate) userinfo: Count,
    pub(crate) revocation: Count,
}

#[derive(Debug, Default)]
pub(crate) struct Count(AtomicU64);

impl Count {
    pub(crate) fn increment(&self) {
        self.0.fetch_add(1, Ordering::Relaxed);
    }

    fn read(&self) -> u64 {
        self.0.load(Ordering::Relaxed)
    }
}

impl LiveCounters {
    pub(crate) fn snapshot(&self) -> Counters {
        Counters {
            authorization_code: self.authorization_code.read(),
            refresh_token: self.refresh_token.read(),
            other_grant: self.other_grant.read(),
            jwks: self.jwks.read(),
            discovery: self.discovery.read(),
            userinfo: self.userinfo.read(),
            revocation: self.revocation.read(),
        }
    }
}
