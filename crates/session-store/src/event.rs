//! The event bus: tells every process on a store what happened to a session.
//!
//! An event grants nothing and proves nothing. A listener then asks the store.

use crate::{BrowserKey, SessionKey, StoreError};
use async_trait::async_trait;
use auth_types::EndReason;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, Utc};
use tokio::sync::broadcast;

/// How many events a slow listener may lag behind before it loses events and gets a lag error.
const BACKLOG: usize = 1024;

/// An event about a session or a browser.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// A session has ended.
    Ended(SessionKey, EndReason),
    /// The session's data or tokens have changed.
    Changed(SessionKey),
    /// The user was active, so the session's times have changed.
    Seen(SessionKey),
    /// A user signed in to some app in this browser.
    SignedInBrowser(BrowserKey, BrowserSignIn),
}

/// A sign-in at some app, in a browser.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct BrowserSignIn {
    /// When it took place; `None` if an older process published the event.
    pub at: Option<DateTime<Utc>>,
    /// A hash of the provider's id, if it is known.
    pub provider: Option<[u8; 8]>,
}

/// A message to a listener.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusMessage {
    /// An event from this process or another.
    Event(SessionEvent),
    /// Events may have been lost, for example with the connection. Cached state may be out of date.
    Lagged,
}

/// Sends events to, and receives events from, every process on the same store.
#[async_trait]
pub trait EventBus: Send + Sync + 'static {
    /// Sends an event to every process, including this one.
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError>;

    /// Subscribes to events from now on. After a lost connection, the store reconnects automatically and
    /// sends [`BusMessage::Lagged`].
    fn subscribe(&self) -> broadcast::Receiver<BusMessage>;
}

/// The listeners of one process.
#[derive(Clone, Debug)]
pub struct Listeners(broadcast::Sender<BusMessage>);

impl Default for Listeners {
    fn default() -> Self {
        Self(broadcast::channel(BACKLOG).0)
    }
}

impl Listeners {
    /// Sends a message to all listeners, if there are any.
    pub fn publish(&self, message: BusMessage) {
        let _ = self.0.send(message);
    }

    /// Adds a listener.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.0.subscribe()
    }
}

impl SessionEvent {
    /// Returns the session of the event; `None` for an event about a browser.
    #[must_use]
    pub fn key(self) -> Option<SessionKey> {
        match self {
            Self::Ended(key, _) | Self::Changed(key) | Self::Seen(key) => Some(key),
            Self::SignedInBrowser(..) => None,
        }
    }

    /// Returns one line for the wire: `ended <key> <reason>`, `changed <key>`, `seen <key>` or
    /// `signed_in <browser> <milliseconds since 1970> <provider>`, with keys and hashes in base64url. What is unknown at the
    /// end is left out.
    #[must_use]
    pub fn to_line(self) -> String {
        let encode = |key: &[u8]| URL_SAFE_NO_PAD.encode(key);
        match self {
            Self::Ended(key, reason) => format!("ended {} {}", encode(key.as_bytes()), reason.as_str()),
            Self::Changed(key) => format!("changed {}", encode(key.as_bytes())),
            Self::Seen(key) => format!("seen {}", encode(key.as_bytes())),
            Self::SignedInBrowser(key, BrowserSignIn { at, provider }) => {
                let at = at.map(|at| format!(" {}", at.timestamp_millis()));
                let provider = provider.filter(|_| at.is_some()).map(|hash| format!(" {}", encode(&hash)));
                let key = encode(key.as_bytes());
                format!("signed_in {key}{}{}", at.unwrap_or_default(), provider.unwrap_or_default())
            }
        }
    }

    /// Parses a line from [`to_line`](Self::to_line); `None` for any other line.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (kind, key, detail, more) = (words.next()?, words.next()?, words.next(), words.next());
        let key: [u8; 32] = URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
        let browser = BrowserKey::from_bytes(key);
        let key = SessionKey::from_bytes(key);
        match (kind, detail) {
            ("signed_in", None) => Some(Self::SignedInBrowser(browser, BrowserSignIn::default())),
            ("signed_in", Some(millis)) => {
                let at = Some(DateTime::from_timestamp_millis(millis.parse().ok()?)?);
                let provider = match more {
                    Some(hash) => Some(URL_SAFE_NO_PAD.decode(hash).ok()?.try_into().ok()?),
                    None => None,
                };
                Some(Self::SignedInBrowser(browser, BrowserSignIn { at, provider }))
            }
            ("ended", Some(reason)) => Some(Self::Ended(key, EndReason::parse(reason)?)),
            ("changed", None) => Some(Self::Changed(key)),
            ("seen", None) => Some(Self::Seen(key)),
            _ => None,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_event_reads_back_from_its_line() {
        let key = SessionKey::from_bytes([7; 32]);
        for event in [
            SessionEvent::Ended(key, EndReason::Revoked),
            SessionEvent::Changed(key),
            SessionEvent::Seen(key),
            SessionEvent::SignedInBrowser(BrowserKey::from_bytes([7; 32]), BrowserSignIn::default()),
            SessionEvent::SignedInBrowser(
                BrowserKey::from_bytes([7; 32]),
                BrowserSignIn {
                    at: DateTime::from_timestamp_millis(1_800_000_000_123),
                    provider: Some([9; 8]),
                },
            ),
        ] {
            assert_eq!(SessionEvent::parse(&event.to_line()), Some(event));
        }
    }

    #[test]
    fn an_invalid_line_is_not_an_event() {
        for line in
            ["", "ended", "ended x revoked", "changed AAAA", "begun AAAA", "ended  ", "signed_in AAAA 1"]
        {
            assert_eq!(SessionEvent::parse(line), None, "{line:?}");
        }
    }
}
