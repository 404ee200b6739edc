//! Somebody's public keys, fetched when needed and again when a token names one we do not know.

use super::Unavailable;
use crate::{clock::Clock, http::HttpClient};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{DiscoveryError, JsonWebKeySet, JsonWebKeySetUrl, core::CoreJsonWebKeySet};
use std::sync::{Arc, Mutex, PoisonError, RwLock};

/// An unknown `kid` makes us fetch the keys again, at most once in this time: tokens with made-up
/// key ids must not turn us into somebody's flood.
const REFETCH: TimeDelta = TimeDelta::seconds(30);

/// The cached JWK set (RFC 7517 §5) of one URL.
#[derive(Debug)]
pub(crate) struct KeyCache {
    url: JsonWebKeySetUrl,
    http: HttpClient,
    clock: Clock,
    keys: RwLock<Option<Arc<CoreJsonWebKeySet>>>,
    last_refetch: Mutex<Option<DateTime<Utc>>>,
}

impl KeyCache {
    /// For the keys at `url`, none of them fetched yet.
    pub(crate) fn new(url: JsonWebKeySetUrl, http: HttpClient, clock: Clock) -> Self {
        Self { url, http, clock, keys: RwLock::default(), last_refetch: Mutex::default() }
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
        needs_another_key: impl Fn(&E) -> bool,
        check: impl Fn(&CoreJsonWebKeySet) -> Result<T, E>,
    ) -> Result<Result<T, E>, Unavailable> {
        let known = self.keys.read().unwrap_or_else(PoisonError::into_inner).clone();
        let Some(keys) = known else {
            return Ok(check(&*self.fetch().await.ok_or(Unavailable)?));
        };
        match check(&keys) {
            Err(error) if needs_another_key(&error) && self.may_refetch() => match self.fetch().await {
                Some(fresh) => Ok(check(&fresh)),
                None => Ok(Err(error)),
            },
            result => Ok(result),
        }
    }

    fn may_refetch(&self) -> bool {
        let now = self.clock.now();
        let mut last = self.last_refetch.lock().unwrap_or_else(PoisonError::into_inner);
        let is_due = last.is_none_or(|at| now - at >= REFETCH);
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
