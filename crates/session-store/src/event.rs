//! The bus: what happened to a session, told to every process that shares its store.
//!
//! An event grants nothing and proves nothing. It says "look again"; the store decides.

use crate::{BrowserKey, SessionKey, StoreError};
use async_trait::async_trait;
use auth_types::EndReason;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use tokio::sync::broadcast;

/// How many events a slow listener may lag behind before it is told that it missed some.
const BACKLOG: usize = 1024;

/// What happened.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SessionEvent {
    /// A session has ended.
    Ended(SessionKey, EndReason),
    /// Its data or tokens have changed.
    Changed(SessionKey),
    /// Its user was active: its times have changed.
    Seen(SessionKey),
    /// Somebody signed in, at whichever app, in a browser.
    SignedInBrowser(BrowserKey),
}

/// What a listener hears.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BusMessage {
    /// An event, of this process or another.
    Event(SessionEvent),
    /// The connection was lost for a while: whatever is known may be out of date.
    Lagged,
}

/// Tells other processes, and hears from them.
#[async_trait]
pub trait EventBus: Send + Sync + 'static {
    /// Tells everybody, this process included.
    async fn publish(&self, event: SessionEvent) -> Result<(), StoreError>;

    /// Hears from now on. A lost connection is made again by itself, and a [`BusMessage::Lagged`] tells of it.
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
    /// Tells them; nobody listening is fine.
    pub fn publish(&self, message: BusMessage) {
        let _ = self.0.send(message);
    }

    /// One more listener.
    #[must_use]
    pub fn subscribe(&self) -> broadcast::Receiver<BusMessage> {
        self.0.subscribe()
    }
}

impl SessionEvent {
    /// The session it is about.
    #[must_use]
    pub fn key(self) -> Option<SessionKey> {
        match self {
            Self::Ended(key, _) | Self::Changed(key) | Self::Seen(key) => Some(key),
            Self::SignedInBrowser(_) => None,
        }
    }

    /// One line for the wire: `ended <key> <reason>`, `changed <key>`, `seen <key>` or `signed_in <browser>`,
    /// the key in base64url.
    #[must_use]
    pub fn to_line(self) -> String {
        let encode = |key: &[u8]| URL_SAFE_NO_PAD.encode(key);
        match self {
            Self::Ended(key, reason) => format!("ended {} {}", encode(key.as_bytes()), reason.as_str()),
            Self::Changed(key) => format!("changed {}", encode(key.as_bytes())),
            Self::Seen(key) => format!("seen {}", encode(key.as_bytes())),
            Self::SignedInBrowser(key) => format!("signed_in {}", encode(key.as_bytes())),
        }
    }

    /// The reverse of [`to_line`](Self::to_line); `None` for what is none of ours.
    #[must_use]
    pub fn parse(line: &str) -> Option<Self> {
        let mut words = line.split(' ');
        let (kind, key, reason) = (words.next()?, words.next()?, words.next());
        let key: [u8; 32] = URL_SAFE_NO_PAD.decode(key).ok()?.try_into().ok()?;
        let browser = BrowserKey::from_bytes(key);
        let key = SessionKey::from_bytes(key);
        match (kind, reason) {
            ("signed_in", None) => Some(Self::SignedInBrowser(browser)),
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
            SessionEvent::SignedInBrowser(BrowserKey::from_bytes([7; 32])),
        ] {
            assert_eq!(SessionEvent::parse(&event.to_line()), Some(event));
        }
    }

    #[test]
    fn what_is_no_event_is_nothing() {
        for line in ["", "ended", "ended x revoked", "changed AAAA", "begun AAAA", "ended  "] {
            assert_eq!(SessionEvent::parse(line), None, "{line:?}");
        }
    }
}
