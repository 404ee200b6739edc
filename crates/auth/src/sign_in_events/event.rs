//! The event that a user signed in in a browser, from identity to an app: a security event token (RFC 8417).

use super::BrowserKey;
use crate::{
    jws::{Claims, TokenRule, Validity},
    message::{ReadMessage, Sender, SignedMessage},
};
use chrono::{DateTime, TimeDelta, Utc};

/// A user signed in in a browser, at any app of the suite.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BrowserEvent {
    /// The browser, by the key of this app's handle for it.
    pub browser: BrowserKey,
    /// How long ago that was, when identity signed the event. So identity's clock and the app's
    /// need not agree.
    pub age: TimeDelta,
    /// The id of the provider; `None` if identity is older.
    pub provider: Option<String>,
}

impl SignedMessage for BrowserEvent {
    const NAME: &'static str = "browser_event";
    const FIELD: &'static str = "event_token";
    const TYPE: &'static str = "browser-event+jwt";
    const EVENT: Option<&'static str> = Some("urn:leptos-shared-sessions:event:browser-signed-in");
    /// Short, because only a recent sign-in is news for a tab.
    const LIFETIME: TimeDelta = TimeDelta::seconds(30);
}

impl BrowserEvent {
    /// The claim with the browser's key.
    pub const BROWSER: &str = "browser";
    /// The claim with the age, in milliseconds. Events of an older identity lack it, and count as new.
    pub const AGE: &str = "age_ms";
    /// The claim with the provider's id.
    pub const PROVIDER: &str = "provider";
}

impl ReadMessage for BrowserEvent {
    fn read(claims: &Claims, _: Sender, _: Validity, _: DateTime<Utc>) -> Result<Self, TokenRule> {
        let browser = claims.text(Self::BROWSER)?.and_then(BrowserKey::parse);
        let browser = browser.ok_or(TokenRule::Claim(Self::BROWSER))?;
        let age = claims.count(Self::AGE)?.unwrap_or_default();
        let provider = claims.identifier(Self::PROVIDER)?;
        Ok(Self { browser, age: TimeDelta::milliseconds(age.into()), provider })
    }
}

#[cfg(test)]
#[path = "event_tests.rs"]
mod tests;
