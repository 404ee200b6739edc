//! The provider that a browser signed in with last. With several providers, a silent sign-in asks that one first.
//!
//! In proxy mode a browser may have signed in at another app, with another provider than the one that this app asks.
//! Identity knows that, as every sign-in passes through identity. It then names that provider in its answer, and the app
//! asks once more. The name is advice: it grants nothing, and only configured providers are asked.

use crate::{
    Auth,
    cookie::{CookieKind, Cookies},
    provider::Provider,
};
use http::HeaderValue;
use sha2::{Digest, Sha256};

/// The callback parameter with the id of the provider that this browser signed in with last, at any app. Identity adds it
/// to an error that answers a silent sign-in with another provider.
pub const LAST_PROVIDER_PARAM: &str = "last_provider";

/// How long a browser remembers, in seconds: half a year.
const MAX_AGE: i64 = 180 * 24 * 60 * 60;

/// Returns the cookie that remembers `provider`; `None` if the app has no other.
#[must_use]
pub fn remember(auth: &Auth, jar: Cookies<'_>, provider: &str) -> Option<HeaderValue> {
    (auth.providers().len() > 1).then(|| jar.set(CookieKind::Provider, provider, Some(MAX_AGE)))
}

/// Returns the provider that this browser signed in with last, if it is still configured.
#[must_use]
pub fn of<'a>(auth: &'a Auth, jar: Cookies<'_>) -> Option<&'a Provider> {
    jar.values(CookieKind::Provider).find_map(|id| auth.provider(id))
}

/// A hash of a provider's id, as events carry it.
pub(crate) fn hash(provider: &str) -> [u8; 8] {
    let digest = Sha256::digest(provider);
    std::array::from_fn(|at| digest[at])
}

/// Returns the provider with this hash, if it can be asked silently.
pub(crate) fn with_hash(auth: &Auth, wanted: [u8; 8]) -> Option<&Provider> {
    auth.providers().iter().find(|provider| provider.can_be_silent() && hash(&provider.config.id) == wanted)
}

/// Returns the provider to ask silently: the last one, else the first that supports silent sign-in.
pub(crate) fn to_ask<'a>(auth: &'a Auth, jar: Cookies<'_>) -> Option<&'a Provider> {
    let last = of(auth, jar).filter(|last| last.can_be_silent());
    last.or_else(|| auth.providers().iter().find(|provider| provider.can_be_silent()))
}
