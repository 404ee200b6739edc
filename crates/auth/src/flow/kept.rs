//! Flows between two requests of one browser: kept in the store, sealed, taken once.

use super::{Pending, Proxied, SigningOut};
use crate::{
    clock::Clock,
    origin::Origin,
    random::Random,
    seal::{Keyring, Purpose},
    session::{CookieKind, CookieSettings},
    store::{FlowRow, Store, StoreError},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::TimeDelta;
use http::{HeaderMap, HeaderValue};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// How long a visitor may take at the provider.
const LIFETIME: TimeDelta = TimeDelta::minutes(10);
/// Flows that one browser may have under way; the oldest gives way.
const PER_BROWSER: usize = 8;
/// Flows kept in all; the oldest gives way.
const IN_ALL: u32 = 100_000;

/// What can be under way.
#[derive(Debug, Serialize, Deserialize)]
pub enum Flow {
    /// A sign-in of this app itself.
    SignIn(Pending),
    /// A sign-in of another app that passes through (identity only).
    Proxied(Proxied),
    /// A sign-out at the provider.
    SignOut(SigningOut),
}

/// Cookies to send with the redirect that begins a flow.
#[derive(Debug, Default)]
#[must_use = "without its cookie the flow cannot be finished"]
pub struct FlowTicket {
    /// `Set-Cookie` values.
    pub cookies: Vec<HeaderValue>,
}

/// The flows under way.
#[derive(Clone)]
pub struct Flows {
    store: Arc<dyn Store>,
    keyring: Keyring,
    cookies: Arc<CookieSettings>,
    clock: Clock,
    random: Random,
}

impl Flows {
    /// Flows in `store`.
    #[must_use]
    pub fn new(
        store: Arc<dyn Store>,
        keyring: Keyring,
        cookies: Arc<CookieSettings>,
        clock: Clock,
        random: Random,
    ) -> Self {
        Self { store, keyring, cookies, clock, random }
    }

    /// Keeps a flow under its `state`, and ties it to the browser by a cookie of its own: two tabs
    /// that begin at once do not overwrite each other.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer.
    pub async fn keep(
        &self,
        state: &str,
        flow: &Flow,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<FlowTicket, StoreError> {
        let now = self.clock.now();
        let state_hash = sha256(state);
        // The time in front lets us tell the oldest of a browser's flows.
        let binding = format!("{}.{}", now.timestamp(), self.random.token());
        let plain = serde_json::to_vec(flow).map_err(|error| StoreError(error.to_string()))?;
        let row = FlowRow {
            state_hash,
            browser_hash: sha256(&binding),
            sealed: self.keyring.seal(Purpose::Flow, &state_hash, &plain),
            expires_at: now + LIFETIME,
        };
        self.store.put_flow(&row, IN_ALL).await?;
        let mut cookies = self.clear_oldest(origin, headers);
        let kind = tag(&state_hash);
        cookies.push(self.cookies.set(
            CookieKind::Flow(&kind),
            origin,
            &binding,
            Some(LIFETIME.num_seconds()),
        ));
        Ok(FlowTicket { cookies })
    }

    fn clear_oldest(&self, origin: &Origin, headers: &HeaderMap) -> Vec<HeaderValue> {
        let mut flows = self.cookies.flows(origin, headers);
        let begun = |value: &str| value.split_once('.').and_then(|(time, _)| time.parse::<i64>().ok());
        flows.sort_by_key(|(_, value)| std::cmp::Reverse(begun(value)));
        flows
            .iter()
            .skip(PER_BROWSER - 1)
            .filter(|(tag, _)| tag.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_".contains(&byte)))
            .map(|(tag, _)| self.cookies.clear(CookieKind::Flow(tag), origin))
            .collect()
    }

    /// Takes the flow with this `state`, once, and only for the browser that began it. Comes with the
    /// cookies that clear its own.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; the flow is still there then.
    pub async fn take(
        &self,
        state: &str,
        origin: &Origin,
        headers: &HeaderMap,
    ) -> Result<Option<(Flow, FlowTicket)>, StoreError> {
        let state_hash = sha256(state);
        let tag = tag(&state_hash);
        let cookies = self.cookies.flows(origin, headers);
        let Some((_, binding)) = cookies.into_iter().find(|(name, _)| *name == tag) else {
            return Ok(None);
        };
        let Some(sealed) = self.store.take_flow(&state_hash, &sha256(&binding), self.clock.now()).await?
        else {
            return Ok(None);
        };
        let flow = self
            .keyring
            .open(Purpose::Flow, &state_hash, &sealed)
            .ok()
            .and_then(|plain| serde_json::from_slice(&plain).ok());
        let clear = self.cookies.clear(CookieKind::Flow(&tag), origin);
        Ok(flow.map(|flow| (flow, FlowTicket { cookies: vec![clear] })))
    }
}

fn sha256(text: &str) -> [u8; 32] {
    Sha256::digest(text).into()
}

/// Which cookie belongs to which `state`, without showing the `state`.
fn tag(state_hash: &[u8; 32]) -> String {
    URL_SAFE_NO_PAD.encode(&state_hash[..9])
}
