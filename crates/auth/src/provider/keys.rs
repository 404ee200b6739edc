//! Somebody's public keys, fetched when needed and again when a token names one we do not know.

use super::Unavailable;
use crate::{clock::Clock, http::HttpClient};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{DiscoveryError, JsonWebKeySet, JsonWebKeySetUrl, core::CoreJsonWebKeySet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// An unknown `kid` in a token from anybody makes us fetch the keys again, at most once in this time: made-up key ids
/// must not become a flood at the provider.
const REFETCH_FOR_ANYBODY: TimeDelta = TimeDelta::seconds(30);
/// The same for a token that came from the provider's own token endpoint.
const REFETCH_FOR_PROVIDER: TimeDelta = TimeDelta::seconds(1);

/// Where a token came from whose key is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum KeyRequester {
    /// From the provider itself, over TLS: it has rotated its keys.
    Provider,
    /// From outside: it may be made up. What it costs is its own budget, so it delays nobody's sign-in.
    Anybody,
}

/// The cached JWK set (RFC 7517 §5) of one URL.
#[derive(Debug)]
pub(crate) struct KeyCache {
    url: JsonWebKeySetUrl,
    http: HttpClient,
    clock: Clock,
    keys: RwLock<Option<Arc<CoreJsonWebKeySet>>>,
    /// For each [`KeyRequester`].
    last_refetch: Mutex<[Option<DateTime<Utc>>; 2]>,
    /// One fetch at a time; the others wait for its result.
    fetching: tokio::sync::Mutex<()>,
}

impl KeyCache {
    /// For the keys at `url`, none of them fetched yet.
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

    /// The same with keys that came along with something else.
    pub(super) fn with_keys(self, keys: CoreJsonWebKeySet) -> Self {
        Self { keys: RwLock::new(Some(Arc::new(keys))), ..self }
    }

    /// Checks something with the keys as last fetched, and once more with fresh ones when the check says
    /// that it needs another key: their owner may have rotated them since we looked.
    ///
    /// # Errors
    /// [`Unavailable`] when there are no keys at all; inside, what the check says.
    pub(crate) async fn check<T, E>(
        &self,
        asker: KeyRequester,
        needs_another_key: impl Fn(&E) -> bool,
        check: impl Fn(&CoreJsonWebKeySet) -> Result<T, E>,
    ) -> Result<Result<T, E>, Unavailable> {
        let Some(keys) = self.known() else {
            return Ok(check(&*self.first().await.ok_or(Unavailable)?));
        };
        match check(&keys) {
            Err(error) if needs_another_key(&error) => match self.newer(asker, &keys).await {
                Some(fresh) => Ok(check(&fresh)),
                None => Ok(Err(error)),
            },
            result => Ok(result),
        }
    }

    fn known(&self) -> Option<Arc<CoreJsonWebKeySet>> {
        self.keys.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Keys that were fetched after `keys`: by a fetch under way, or by a new one where this asker may begin one.
    async fn newer(
        &self,
        asker: KeyRequester,
        keys: &Arc<CoreJsonWebKeySet>,
    ) -> Option<Arc<CoreJsonWebKeySet>> {
        let _one_at_a_time = self.fetching.lock().await;
        match self.known() {
            Some(fetched) if !Arc::ptr_eq(&fetched, keys) => Some(fetched),
            _ if self.may_refetch(asker) => self.fetch().await,
            _ => None,
        }
    }

    /// The first keys.
    async fn first(&self) -> Option<Arc<CoreJsonWebKeySet>> {
        let _one_at_a_time = self.fetching.lock().await;
        match self.known() {
            Some(fetched) => Some(fetched),
            None => self.fetch().await,
        }
    }

    fn may_refetch(&self, asker: KeyRequester) -> bool {
        let now = self.clock.now();
        let pause = match asker {
            KeyRequester::Provider => REFETCH_FOR_PROVIDER,
            KeyRequester::Anybody => REFETCH_FOR_ANYBODY,
        };
        let mut last = self.last_refetch.lock().unwrap_or_else(PoisonError::into_inner);
        let last = &mut last[asker as usize];
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
                tracing::warn!(url = self.url.as_str(), reason = describe(error), "keys are not to be had");
            })
            .ok()?;
        let fetched = Arc::new(fetched);
        *self.keys.write().unwrap_or_else(PoisonError::into_inner) = Some(fetched.clone());
        Some(fetched)
    }
}

/// The error without the body that came with it.
pub(super) fn describe<E: std::error::Error + 'static>(error: &DiscoveryError<E>) -> String {
    use DiscoveryError::{Parse, Request, Response, UrlParse, Validation};
    match error {
        Request(cause) => format!("request failed: {cause}"),
        Response(status, ..) => format!("answered {status}"),
        Validation(rule) => format!("not valid: {rule}"),
        Parse(_) => "not the JSON we expect".into(),
        UrlParse(_) => "a URL in it is malformed".into(),
        other => other.to_string(),
    }
}
