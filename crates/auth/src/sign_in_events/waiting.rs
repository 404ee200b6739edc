//! The app's side: the handle in a cookie, and the ticket for one silent sign-in.

use super::{AppHandle, BrowserKey};
use crate::{
    clock::Clock,
    cookie::{CookieKind, Cookies},
    random::Random,
    seal::{Keyring, Purpose},
    store::{Store, StoreError},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta, Utc};
use http::HeaderValue;
use sha2::{Digest, Sha256};
use std::sync::Arc;

/// Lifetime of a ticket. A tab that hears of a sign-in uses its ticket at once.
const LIFETIME: TimeDelta = TimeDelta::seconds(60);

/// The handles and tickets of the browsers that this app can tell of sign-ins elsewhere.
#[derive(Clone)]
pub struct Browsers {
    store: Arc<dyn Store>,
    keyring: Keyring,
    clock: Clock,
    random: Random,
}

/// A sign-in at another app, for which a waiting tab may come back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct SignInElsewhere {
    /// When it took place. A sign-out after that wins.
    pub(crate) at: DateTime<Utc>,
    /// A hash of the provider's id; `None` if identity did not say it.
    pub(crate) provider: Option<[u8; 8]>,
}

impl SignInElsewhere {
    /// The sign-in as bytes, to be sealed.
    pub(crate) fn to_bytes(self) -> Vec<u8> {
        let at = self.at.timestamp_millis().to_be_bytes();
        [at.as_slice(), self.provider.as_ref().map_or(&[], |hash| hash)].concat()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let (at, provider) = bytes.split_first_chunk::<8>()?;
        let at = DateTime::from_timestamp_millis(i64::from_be_bytes(*at))?;
        let provider = match provider {
            [] => None,
            hash => Some(hash.try_into().ok()?),
        };
        Some(Self { at, provider })
    }
}

/// Why a ticket was refused.
#[derive(Debug, thiserror::Error)]
pub enum TicketError {
    /// The ticket is missing, forged, too old, or belongs to another browser.
    #[error("invalid_ticket")]
    Invalid,
    /// The ticket was used before.
    #[error("ticket_used")]
    Used,
    /// The store does not answer.
    #[error("store_unavailable")]
    Store(#[from] StoreError),
}

impl Browsers {
    pub(crate) fn new(store: Arc<dyn Store>, keyring: Keyring, clock: Clock, random: Random) -> Self {
        Self { store, keyring, clock, random }
    }

    /// Returns the cookie that keeps the browser's handle until the browser closes. The handle is sealed, so
    /// only a handle that came with a sign-in can listen.
    #[must_use]
    pub(crate) fn remember(&self, handle: &AppHandle, jar: Cookies<'_>) -> HeaderValue {
        let sealed = self.keyring.seal(Purpose::Browser, b"", handle.as_bytes());
        jar.set(CookieKind::Browser, &URL_SAFE_NO_PAD.encode(sealed), None)
    }

    /// Returns the cookies that clear the handle, in every scope where a neighbour may have set one.
    #[must_use]
    pub(crate) fn forget(jar: Cookies<'_>) -> Vec<HeaderValue> {
        jar.clear_everywhere(CookieKind::Browser)
    }

    /// Returns the browser of a request, if the browser has a handle from identity.
    #[must_use]
    pub(crate) fn of(&self, jar: Cookies<'_>) -> Option<BrowserKey> {
        jar.values(CookieKind::Browser).find_map(|value| {
            let sealed = URL_SAFE_NO_PAD.decode(value).ok()?;
            let handle = self.keyring.open(Purpose::Browser, b"", &sealed).ok()?;
            Some(AppHandle::from_bytes(handle.try_into().ok()?).key())
        })
    }

    /// Returns a ticket for one silent sign-in in this browser, after this sign-in elsewhere.
    #[must_use]
    pub(crate) fn ticket(&self, browser: &BrowserKey, sign_in: SignInElsewhere) -> String {
        let id: [u8; 16] = self.random.bytes();
        let expires_at = (self.clock.now() + LIFETIME).timestamp_millis().to_be_bytes();
        let plain = [id.as_slice(), &expires_at, &sign_in.to_bytes()].concat();
        URL_SAFE_NO_PAD.encode(self.keyring.seal(Purpose::Ticket, browser.as_bytes(), &plain))
    }

    /// Redeems a ticket, once, and only from the browser that got the ticket. Returns the sign-in that it is about.
    ///
    /// # Errors
    /// [`TicketError`].
    pub(crate) async fn redeem(
        &self,
        ticket: &str,
        browser: &BrowserKey,
    ) -> Result<SignInElsewhere, TicketError> {
        let sealed = URL_SAFE_NO_PAD.decode(ticket).map_err(|_| TicketError::Invalid)?;
        let plain = self
            .keyring
            .open(Purpose::Ticket, browser.as_bytes(), &sealed)
            .map_err(|_| TicketError::Invalid)?;
        let expires_at = expiry(&plain).ok_or(TicketError::Invalid)?;
        let sign_in = plain.get(24..).and_then(SignInElsewhere::read).ok_or(TicketError::Invalid)?;
        if self.clock.now() >= expires_at {
            return Err(TicketError::Invalid);
        }
        let id = Sha256::new().chain_update("ticket").chain_update(&plain).finalize().into();
        if self.store.mark_used(&id, expires_at).await? { Ok(sign_in) } else { Err(TicketError::Used) }
    }
}

fn expiry(plain: &[u8]) -> Option<DateTime<Utc>> {
    let millis = plain.get(16..24)?.try_into().ok()?;
    DateTime::from_timestamp_millis(i64::from_be_bytes(millis))
}
