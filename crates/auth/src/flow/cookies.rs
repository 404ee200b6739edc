//! Flows between two requests of one browser: each is sealed into a separate cookie and taken once.
//!
//! No flow is stored when it begins, so a flood of new flows costs no storage. (Only a wanted page with a long address is:
//! `routes/wanted_page.rs`.) The store remembers the `state` when the visitor leaves for the provider, and when the flow is
//! finished.

use super::{Pending, SigningOut};
use crate::{
    clock::Clock,
    cookie::{CookieKind, Cookies},
    seal::{Keyring, Purpose},
    store::{Store, StoreError},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;
use serde::{Deserialize, Serialize, de::DeserializeOwned};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How long a visitor may take at the provider.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// Maximum number of flows under way in one browser. A new flow replaces the oldest flow.
const PER_BROWSER: usize = 6;
/// The most that the cookies of all flows of a browser may have together, bytes. A new flow replaces older flows, so that
/// the request's header fits into the buffers of common proxies.
const MAX_TOGETHER: usize = 3_800;
/// What the name of a cookie has before its tag, about, bytes.
const NAME: usize = 32;
/// The names of the cookies of flows that the visitor did not ask for. A browser that opens many tabs at once begins as many
/// of them, and knows no cookie of the others yet: only fixed names keep their number small.
const SILENT_SLOTS: [&str; 4] = ["silent-0", "silent-1", "silent-2", "silent-3"];
/// Maximum number of cookies that are tried for one flow. A neighbour may have planted many of one name.
const MAX_TRIED: usize = 20;
/// Maximum number of flows cleared at a time. Another app on the same domain may have
/// planted a thousand cookies.
const CLEARED_AT_ONCE: usize = 4;
/// Longest cookie that the app sets, bytes, including name and attributes. Browsers drop longer
/// cookies (RFC 6265bis §5.6).
const MAX_COOKIE: usize = 4096;

/// A flow that can be under way between two requests.
pub trait Flow: Serialize + DeserializeOwned {
    /// The name of this kind of flow. A flow of one kind is not accepted as another.
    const KIND: &'static str;
}

/// A sign-in at this app.
impl Flow for Pending {
    const KIND: &'static str = "sign-in";
}

/// A sign-out at the provider.
impl Flow for SigningOut {
    const KIND: &'static str = "sign-out";
}

/// A sign-in that the visitor did not ask for: the kind of its `state`. Its record is a [`Pending`].
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Silent;

impl Flow for Silent {
    const KIND: &'static str = "silent";
}

/// A visitor who leaves for the provider.
#[derive(Debug)]
pub(crate) enum Departure<F> {
    /// For the first time, in this flow.
    First(F),
    /// Again, or too late.
    Repeated(F),
}

#[derive(Serialize, Deserialize)]
struct Sealed<F> {
    kind: String,
    begun_at: DateTime<Utc>,
    flow: F,
}

/// The flows under way.
#[derive(Clone)]
pub struct Flows {
    store: Arc<dyn Store>,
    pub(super) keyring: Keyring,
    clock: Clock,
}

impl Flows {
    /// Creates the flows; `store` remembers used `state`s.
    #[must_use]
    pub fn new(store: Arc<dyn Store>, keyring: Keyring, clock: Clock) -> Self {
        Self { store, keyring, clock }
    }

    /// Begins a flow and returns the cookies to set with the redirect. The cookies bind the flow to the
    /// browser. Each flow has a separate cookie, so two tabs that begin at once do not overwrite each other.
    ///
    /// # Errors
    /// [`StoreError`] if the flow cannot be written as JSON, or does not fit into a cookie.
    pub fn begin<F: Flow>(
        &self,
        state: &str,
        flow: F,
        jar: Cookies<'_>,
    ) -> Result<Vec<HeaderValue>, StoreError> {
        let state_hash = sha256(state);
        self.begin_as(&tag(&state_hash), state_hash, flow, (jar, jar.flows()))
    }

    /// As [`begin`](Self::begin), for a flow that the visitor did not ask for. A browser has four of them at most; another one
    /// replaces the oldest.
    ///
    /// # Errors
    /// As for [`begin`](Self::begin).
    pub fn begin_silent<F: Flow>(
        &self,
        state: &str,
        flow: F,
        jar: Cookies<'_>,
    ) -> Result<Vec<HeaderValue>, StoreError> {
        let state_hash = sha256(state);
        let under_way = jar.flows();
        self.begin_as(silent_slot(&state_hash, &under_way), state_hash, flow, (jar, under_way))
    }

    fn begin_as<F: Flow>(
        &self,
        name: &str,
        state_hash: [u8; 32],
        flow: F,
        (jar, under_way): (Cookies<'_>, Vec<(String, String)>),
    ) -> Result<Vec<HeaderValue>, StoreError> {
        let now = self.clock.now();
        let sealed = Sealed { kind: F::KIND.to_owned(), begun_at: now, flow };
        let plain = serde_json::to_vec(&sealed).map_err(|error| StoreError(error.to_string()))?;
        let sealed = URL_SAFE_NO_PAD.encode(self.keyring.seal(Purpose::Flow, &state_hash, &plain));
        // The time in front identifies the oldest flow of a browser without opening the cookies.
        let value = format!("{}.{sealed}", now.timestamp());
        let mut cookies = self.clear_oldest((jar, under_way), value.len(), name);
        let seconds = Some(LIFETIME.num_seconds());
        let cookie = jar.set(CookieKind::Flow(name), &value, seconds);
        if cookie.len() > MAX_COOKIE {
            return Err(StoreError("the flow does not fit into a cookie".to_owned()));
        }
        cookies.push(cookie);
        Ok(cookies)
    }

    /// Clears the oldest flows until a new value of this length and name has room.
    fn clear_oldest(
        &self,
        (jar, mut flows): (Cookies<'_>, Vec<(String, String)>),
        new: usize,
        name: &str,
    ) -> Vec<HeaderValue> {
        let now = self.clock.now().timestamp();
        flows.retain(|(tag, _)| {
            tag != name && tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte))
        });
        // A time in the future is forged; such cookies are cleared first.
        flows.sort_by_key(|(_, value)| begun(value).filter(|time| *time <= now));
        let mut together = new + flows.iter().map(|(_, value)| NAME + value.len()).sum::<usize>();
        let mut left = flows.len();
        let too_many = flows.iter().take_while(|(_, value)| {
            let is_too_many = left >= PER_BROWSER || together > MAX_TOGETHER;
            left -= 1;
            together -= NAME + value.len();
            is_too_many
        });
        let too_many = too_many.take(CLEARED_AT_ONCE).count();
        flows[..too_many].iter().map(|(tag, _)| jar.clear(CookieKind::Flow(tag))).collect()
    }

    /// Takes the flow of this kind with this `state`: once, and only in the browser that began the flow. Also
    /// returns the cookie that clears the flow's cookie.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer; the flow can still be taken then.
    pub async fn take<F: Flow>(
        &self,
        state: &str,
        jar: Cookies<'_>,
    ) -> Result<Option<(F, Vec<HeaderValue>)>, StoreError> {
        let state_hash = sha256(state);
        let Some(Opened { name, flow, begun_at }) = self.open(&state_hash, jar) else { return Ok(None) };
        let expires_at = begun_at + LIFETIME;
        if self.clock.now() >= expires_at || !self.store.mark_used(&state_hash, expires_at).await? {
            return Ok(None);
        }
        Ok(Some((flow, vec![jar.clear(CookieKind::Flow(&name))])))
    }

    /// Lets the visitor leave for the provider. Returns the flow of this kind with this `state`, if this browser began
    /// the flow, and whether the visitor leaves for the first time. The flow can still be taken.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer; the visitor can try again then.
    pub(crate) async fn depart<F: Flow>(
        &self,
        state: &str,
        jar: Cookies<'_>,
    ) -> Result<Option<Departure<F>>, StoreError> {
        let Some(Opened { flow, begun_at, .. }) = self.open(&sha256(state), jar) else { return Ok(None) };
        let expires_at = begun_at + LIFETIME;
        if self.clock.now() >= expires_at {
            return Ok(Some(Departure::Repeated(flow)));
        }
        let is_first = self.store.mark_used(&sha256(&format!("departure {state}")), expires_at).await?;
        Ok(Some(if is_first { Departure::First(flow) } else { Departure::Repeated(flow) }))
    }

    /// Whether the flow with this `state` may go to identity again: once, and only if it was not taken.
    ///
    /// # Errors
    /// [`StoreError`] if the store does not answer.
    pub(crate) async fn may_restart(&self, state: &str) -> Result<bool, StoreError> {
        let expires_at = self.clock.now() + LIFETIME;
        Ok(!self.store.is_used(&sha256(state)).await?
            && self.store.mark_used(&sha256(&format!("restart {state}")), expires_at).await?)
    }

    /// Returns the flow of this kind with this `state` in this browser, without using it up.
    pub(crate) fn peek<F: Flow>(&self, state: &str, jar: Cookies<'_>) -> Option<F> {
        let Opened { flow, begun_at, .. } = self.open(&sha256(state), jar)?;
        (self.clock.now() < begun_at + LIFETIME).then_some(flow)
    }

    fn open<F: Flow>(&self, state_hash: &[u8; 32], jar: Cookies<'_>) -> Option<Opened<F>> {
        let tag = tag(state_hash);
        let flows = jar.flows().into_iter();
        let mut mine = flows.filter(|(name, _)| *name == tag || is_silent_slot(name)).take(MAX_TRIED);
        mine.find_map(|(name, value)| self.open_value(state_hash, name, &value))
    }

    fn open_value<F: Flow>(&self, state_hash: &[u8; 32], name: String, value: &str) -> Option<Opened<F>> {
        let sealed = URL_SAFE_NO_PAD.decode(value.split_once('.')?.1).ok()?;
        let plain = self.keyring.open(Purpose::Flow, state_hash, &sealed).ok()?;
        let kind: Sealed<serde::de::IgnoredAny> = serde_json::from_slice(&plain).ok()?;
        if kind.kind != F::KIND {
            return None;
        }
        let sealed: Sealed<F> = serde_json::from_slice(&plain).ok()?;
        Some(Opened { name, flow: sealed.flow, begun_at: sealed.begun_at })
    }
}

/// A flow of this browser.
struct Opened<F> {
    /// The part of the cookie's name that belongs to the flow.
    name: String,
    flow: F,
    begun_at: DateTime<Utc>,
}

/// When the flow of a cookie began, in seconds since 1970, as the cookie says.
fn begun(value: &str) -> Option<i64> {
    value.split_once('.').and_then(|(time, _)| time.parse().ok())
}

fn is_silent_slot(name: &str) -> bool {
    SILENT_SLOTS.contains(&name)
}

/// Returns the name for a new silent flow beside these flows: an unused one, else the oldest.
fn silent_slot(state_hash: &[u8; 32], flows: &[(String, String)]) -> &'static str {
    // Requests that know nothing of each other should not choose the same.
    let first = usize::from(state_hash[0]);
    let slots = (0..SILENT_SLOTS.len()).map(|at| SILENT_SLOTS[(first + at) % SILENT_SLOTS.len()]);
    let age = |slot: &&str| {
        let used = flows.iter().filter(|(name, _)| name == slot).map(|(_, value)| begun(value));
        used.max().unwrap_or(Some(i64::MIN))
    };
    slots.min_by_key(age).unwrap_or(SILENT_SLOTS[0])
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// The part of a cookie's name that belongs to a `state`, without revealing the `state`.
fn tag(state_hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(&state_hash[..9])
}
