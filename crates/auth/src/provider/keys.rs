//! Public keys of a token issuer, cached: fetched on first use, and again when a token names an unknown key.

use super::Unavailable;
use crate::{clock::Clock, http::HttpClient, jws::TokenRule};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{DiscoveryError, JsonWebKeySet, JsonWebKeySetUrl, core::CoreJsonWebKeySet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// Minimum time between refetches for unknown `kid`s in untrusted tokens. Forged key ids must not flood
/// the issuer with requests.
const REFETCH_FOR_UNTRUSTED: TimeDelta = TimeDelta::seconds(30);
/// Minimum time between refetches for tokens from the provider's token endpoint.
const REFETCH_FOR_PROVIDER: TimeDelta = TimeDelta::seconds(1);

/// The source of a token with an unknown key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRequester {
    /// The provider itself, over TLS: the provider has rotated its keys.
    Provider,
    /// An untrusted sender: the token may be forged. Untrusted tokens have a separate refetch limit, so
    /// they delay no sign-in.
    Untrusted,
}

/// The cached JWK set (RFC 7517 §5) of one URL.
#[derive(Debug)]
pub(crate) struct KeyCache {
    url: JsonWebKeySetUrl,
    http: HttpClient,
    clock: Clock,
    keys: RwLock<Option<Arc<CoreJsonWebKeySet>>>,
    /// The time of the last refetch for each [`KeyRequester`].
    last_refetch: Mutex<[Option<DateTime<Utc>>; 2]>,
    /// Allows one fetch at a time; other callers wait for its result.
    fetching: tokio::sync::Mutex<()>,
}

impl KeyCache {
    /// Creates an empty cache for the keys at `url`.
    pub(crate) fn new(url: JsonWebKeySetUrl, http: HttpClient, clock: Clock) -> Self {
        Self {
            url,
            http,
            clock,
            keys: RwLock::default(),
            last_refetch: Mutex::default(),
            fetching: tokio::sync::Mutex::default(),
        }
    }

    /// Fills the cache with keys that discovery has already fetched.
    pub(super) fn with_keys(self, keys: CoreJsonWebKeySet) -> Self {
        Self { keys: RwLock::new(Some(Arc::new(keys))), ..self }
    }

    /// Checks a token with the cached keys. If the token names an unknown key, the keys are fetched again and
    /// the check runs once more: the issuer may have rotated its keys.
    ///
    /// # Errors
    /// [`Unavailable`] without any keys. The inner result is the result of `check`.
    pub(crate) async fn check<T>(
        &self,
        requester: KeyRequester,
        check: impl Fn(&CoreJsonWebKeySet) -> Result<T, TokenRule>,
    ) -> Result<Result<T, TokenRule>, Unavailable> {
        let Some(keys) = self.known() else {
            return Ok(check(&*self.first().await.ok_or(Unavailable)?));
        };
        match check(&keys) {
            Err(TokenRule::UnknownKey) => match self.newer(requester, &keys).await {
                Some(fresh) => Ok(check(&fresh)),
                None => Ok(Err(TokenRule::UnknownKey)),
            },
            result => Ok(result),
        }
    }

    /// The number of cached keys.
    pub(super) fn count(&self) -> usize {
        self.known().map_or(0, |keys| keys.keys().len())
    }

    fn known(&self) -> Option<Arc<CoreJsonWebKeySet>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Returns keys that were fetched after `keys`: by a fetch under way, or by a new fetch if
    /// `requester` may refetch.
    async fn newer(
        &self,
        requester: KeyRequester,
        keys: &Arc<CoreJsonWebKeySet>,
    ) -> Option<Arc<CoreJsonWebKeySet>> {
        let _one_at_a_time = self.fetching.lock().await;
        match self.known() {
            Some(fetched) if !Arc::ptr_eq(&fetched, keys) => Some(fetched),
            _ if self.may_refetch(requester) => self.fetch().await,
            _ => None,
        }
    }

    /// Returns the first keys, fetched if necessary.
    async fn first(&self) -> Option<Arc<CoreJsonWebKeySet>> {
        let _one_at_a_time = self.fetching.lock().await;
        match self.known() {
            Some(fetched) => Some(fetched),
            None => self.fetch().await,
        }
    }

    fn may_refetch(&self, requester: KeyRequester) -> bool {
        let now = self.clock.now();
        let pause = match requester {
            KeyRequester::Provider => REFETCH_FOR_PROVIDER,
            KeyRequester::Untrusted => REFETCH_FOR_UNTRUSTED,
        };
        let mut last = self.last_refetch.lock().unwrap_or_else(PoisonError::into_inner);
        let last = &mut last[requester as usize];
        let is_due = last.is_none_or(|at| now - at >= pause);
        if is_due {
            *last = Some(now);
        }
        is_due
    }

    async fn fetch(&self) -> Option<Arc<CoreJsonWebKeySet>> {
        let fetched: CoreJsonWebKeySet = JsonWebKeySet::fetch_async(&self.url, &self.http)
            .await
            .inspect_err(|error| {
                tracing::warn!(url = self.url.as_str(), reason = describe(error), "public keys unavailable");
            })
            .ok()?;
        let fetched = Arc::new(fetched);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched.clone());
        Some(fetched)
    }
}

/// Describes a discovery error without the response body.
pub(super) fn describe<E: std::error::Error + 'static>(error: &DiscoveryError<E>) -> String {
    use DiscoveryError::{Parse, Request, Response, UrlParse, Validation};
    match error {
        Request(cause) => format!("request failed: {cause}"),
        Response(status, ..) => format!("answered {status}"),
        Validation(rule) => format!("not valid: {rule}"),
        Parse(_) => "unexpected JSON".into(),
        UrlParse(_) => "malformed URL".into(),
        other => other.to_string(),
    }
}
