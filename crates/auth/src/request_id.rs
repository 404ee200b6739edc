//! The id of each request, and the trace that the request belongs to (W3C Trace Context).
//!
//! The gate gives every request an id. The id stands in the request's log lines, in the answer's `X-Request-Id`, on
//! error pages, and in requests to other apps of the suite. A trusted proxy (`AUTH_TRUSTED_PROXIES`) may choose it.
//! An id proves nothing and grants nothing.

use crate::{origin::TrustedProxies, random::Random};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use http::{HeaderMap, HeaderName, HeaderValue, Request};
use rand::{RngCore, SeedableRng};
use rand_chacha::ChaCha20Rng;
use serde::{Deserialize, Serialize};
use std::{
    future::Future,
    sync::{Mutex, PoisonError},
};
use tracing::Instrument;

/// The header with the id of a request.
pub(crate) const X_REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");
/// The header with the trace of a request (W3C Trace Context §3.2).
const TRACEPARENT: HeaderName = HeaderName::from_static("traceparent");
/// Longest id of a proxy, in characters.
const MAX_LENGTH: usize = 64;

tokio::task_local! {
    static CURRENT: RequestIds;
}

/// The id of a request, and its trace, if a trusted proxy sent one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Stored", into = "Stored")]
pub struct RequestIds {
    id: HeaderValue,
    traceparent: Option<HeaderValue>,
}

/// [`RequestIds`] as text, for messages that are delivered after their request.
#[derive(Serialize, Deserialize)]
struct Stored {
    id: String,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
}

impl RequestIds {
    /// Takes the ids of a request from its headers if its peer is a trusted proxy. Otherwise, or if the proxy's id is
    /// malformed, the id is fresh and random.
    pub(crate) fn of<B>(request: &Request<B>, trusted: &TrustedProxies, source: &IdSource) -> Self {
        let headers = request.headers();
        let is_named = headers.contains_key(X_REQUEST_ID) || headers.contains_key(TRACEPARENT);
        let (id, traceparent) = if is_named && trusted.is_peer_of(request.extensions()) {
            (single(headers, X_REQUEST_ID, is_id), single(headers, TRACEPARENT, is_traceparent))
        } else {
            (None, None)
        };
        Self { id: id.unwrap_or_else(|| source.fresh()), traceparent }
    }

    /// Returns the ids of the request that this task answers, or that began this task by [`carry`].
    #[must_use]
    pub fn current() -> Option<Self> {
        CURRENT.try_with(Clone::clone).ok()
    }

    /// Calls `use_id` with the id of the request that this task answers.
    pub(crate) fn with_current<T>(use_id: impl FnOnce(&str) -> T) -> Option<T> {
        CURRENT.try_with(|ids| ids.id().map(use_id)).ok().flatten()
    }

    /// Runs `future` as a part of the request with these ids.
    pub async fn scope<F: Future>(self, future: F) -> F::Output {
        CURRENT.scope(self, future).await
    }

    /// The id as a header of the answer.
    pub(crate) fn header(&self) -> HeaderValue {
        self.id.clone()
    }

    fn id(&self) -> Option<&str> {
        self.id.to_str().ok()
    }

    /// Adds the ids to a request to another app of the suite. The trace is passed on unchanged: this app is no part
    /// of it.
    pub(crate) fn add_to(&self, headers: &mut HeaderMap) {
        headers.insert(X_REQUEST_ID, self.id.clone());
        if let Some(traceparent) = &self.traceparent {
            headers.insert(TRACEPARENT, traceparent.clone());
        }
    }
}

/// Lets a task that continues after the answer keep the ids and the span of the request that began it. Wrap the
/// future before `tokio::spawn`.
pub fn carry<F: Future>(future: F) -> impl Future<Output = F::Output> {
    let ids = RequestIds::current();
    async move {
        match ids {
            Some(ids) => ids.scope(future).await,
            None => future.await,
        }
    }
    .in_current_span()
}

/// Makes fresh ids. The operating system seeds it once, because a call to the system for each request costs more than
/// the session check.
pub(crate) struct IdSource(Mutex<ChaCha20Rng>);

impl IdSource {
    /// Creates a source that `random` seeds.
    pub(crate) fn new(random: &Random) -> Self {
        Self(Mutex::new(ChaCha20Rng::from_seed(random.bytes())))
    }

    /// An id that no request had before: 128 random bits.
    fn fresh(&self) -> HeaderValue {
        let (mut bytes, mut text) = ([0; 16], [0; 22]);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).fill_bytes(&mut bytes);
        let id = URL_SAFE_NO_PAD.encode_slice(bytes, &mut text).ok();
        // Base64url fits a header, so this default is never used.
        id.and_then(|_| HeaderValue::from_bytes(&text).ok()).unwrap_or(HeaderValue::from_static("none"))
    }
}

/// The only value of a header, if it is well formed.
fn single(headers: &HeaderMap, name: HeaderName, is_valid: fn(&[u8]) -> bool) -> Option<HeaderValue> {
    let mut values = headers.get_all(name).iter();
    let value = values.next().filter(|value| is_valid(value.as_bytes()))?;
    values.next().is_none().then(|| value.clone())
}

/// Whether a text is an id: 1 to 64 letters, digits, `.`, `_` and `-`.
fn is_id(text: &[u8]) -> bool {
    let is_allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-".contains(byte);
    (1..=MAX_LENGTH).contains(&text.len()) && text.iter().all(is_allowed)
}

/// Whether a text is a `traceparent` of version 00 (W3C Trace Context §3.2.2): `00-` trace id `-` parent id `-`
/// flags, in lower-case hexadecimal digits. Neither id may be zero.
fn is_traceparent(text: &[u8]) -> bool {
    let is_hex = |part: &[u8]| part.iter().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'));
    let is_zero = |part: &[u8]| part.iter().all(|byte| *byte == b'0');
    let parts: Vec<&[u8]> = text.split(|byte| *byte == b'-').collect();
    let [b"00", trace, parent, flags] = parts[..] else { return false };
    (trace.len(), parent.len(), flags.len()) == (32, 16, 2)
        && [trace, parent, flags].into_iter().all(is_hex)
        && !is_zero(trace)
        && !is_zero(parent)
}

impl From<RequestIds> for Stored {
    fn from(ids: RequestIds) -> Self {
        let text = |value: &HeaderValue| value.to_str().unwrap_or_default().to_owned();
        Self { id: text(&ids.id), traceparent: ids.traceparent.as_ref().map(text) }
    }
}

impl TryFrom<Stored> for RequestIds {
    type Error = &'static str;

    fn try_from(stored: Stored) -> Result<Self, Self::Error> {
        let value = |text: String, is_valid: fn(&[u8]) -> bool| {
            let text = Some(text).filter(|text| is_valid(text.as_bytes()));
            text.and_then(|text| HeaderValue::try_from(text).ok()).ok_or("malformed request id")
        };
        let traceparent = stored.traceparent.map(|text| value(text, is_traceparent)).transpose()?;
        Ok(Self { id: value(stored.id, is_id)?, traceparent })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::origin::PeerAddress;

    const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

    /// The ids of a request from 10.0.0.1, with these headers.
    fn ids(trusted: Option<&str>, headers: &[(HeaderName, &str)]) -> RequestIds {
        let trusted =
            trusted.map_or_else(TrustedProxies::default, |list| TrustedProxies::parse(list).unwrap());
        let mut request = Request::new(());
        request.extensions_mut().insert(PeerAddress("10.0.0.1:1".parse().unwrap()));
        for (name, value) in headers {
            request.headers_mut().append(name, value.parse().unwrap());
        }
        RequestIds::of(&request, &trusted, &IdSource::new(&Random::seeded(1)))
    }

    fn id(trusted: Option<&str>, headers: &[(HeaderName, &str)]) -> String {
        ids(trusted, headers).id().unwrap().to_owned()
    }

    #[test]
    fn only_a_trusted_peer_chooses_the_id() {
        let fresh = id(None, &[]);
        assert!(is_id(fresh.as_bytes()) && fresh.len() == 22, "{fresh}");
        let named = [(X_REQUEST_ID, "lb-7.Ab_9"), (TRACEPARENT, TRACE)];
        assert_eq!(id(Some("10.0.0.0/8"), &named), "lb-7.Ab_9");
        for untrusted in [None, Some(""), Some("10.0.0.2")] {
            let found = ids(untrusted, &named);
            assert_eq!((found.id().unwrap(), &found.traceparent), (&*fresh, &None), "{untrusted:?}");
        }
    }

    #[test]
    fn a_malformed_or_repeated_id_is_replaced() {
        let fresh = id(None, &[]);
        let long = "a".repeat(MAX_LENGTH + 1);
        for value in ["", "a b", "a\"b", "a/b", "{}", "a,b", &long] {
            assert_eq!(id(Some("10.0.0.1"), &[(X_REQUEST_ID, value)]), fresh, "{value:?}");
        }
        assert_eq!(id(Some("10.0.0.1"), &[(X_REQUEST_ID, "a"), (X_REQUEST_ID, "b")]), fresh);
        assert_eq!(id(Some("10.0.0.1"), &[(X_REQUEST_ID, &long[1..])]), long[1..]);
    }

    #[test]
    fn a_traceparent_of_another_form_is_not_passed_on() {
        let passed = |values: &[&str]| {
            let headers: Vec<_> = values.iter().map(|value| (TRACEPARENT, *value)).collect();
            ids(Some("10.0.0.1"), &headers).traceparent
        };
        assert_eq!(passed(&[TRACE]).unwrap(), TRACE);
        assert_eq!(passed(&[TRACE, TRACE]), None);
        for value in [
            "",
            "01-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
            "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01",
            "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7",
            "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
            "00-4bf92f3577b34da6a3ce929d0e0e473-00f067aa0ba902b7-01",
        ] {
            assert_eq!(passed(&[value]), None, "{value}");
        }
    }

    #[test]
    fn stored_ids_are_read_back_and_checked() {
        let ids = ids(Some("10.0.0.1"), &[(X_REQUEST_ID, "a"), (TRACEPARENT, TRACE)]);
        let text = serde_json::to_string(&ids).unwrap();
        assert_eq!(serde_json::from_str::<RequestIds>(&text).unwrap(), ids);
        for text in [r#"{"id":"a b"}"#, r#"{"id":""}"#, r#"{"id":"a","traceparent":"x"}"#] {
            assert!(serde_json::from_str::<RequestIds>(text).is_err(), "{text}");
        }
    }

    #[tokio::test]
    async fn a_spawned_task_keeps_the_ids_only_if_they_are_carried() {
        let own = ids(None, &[]);
        let (carried, lost) = own
            .clone()
            .scope(async {
                let carried = tokio::spawn(carry(async { RequestIds::current() }));
                let lost = tokio::spawn(async { RequestIds::current() });
                (carried.await.unwrap(), lost.await.unwrap())
            })
            .await;
        assert_eq!((carried, lost), (Some(own), None));
        assert_eq!(RequestIds::current(), None);
    }
}
