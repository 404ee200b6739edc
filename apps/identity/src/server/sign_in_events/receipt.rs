//! The receipt that an app returns once a sign-in is complete.

use super::BrowserHandle;
use chrono::{DateTime, Utc};

/// What identity remembers, in a receipt, of a sign-in at an app.
#[derive(Clone, Debug)]
pub(crate) struct Receipt {
    /// The browser.
    pub(crate) browser: BrowserHandle,
    /// The app's origin.
    pub(crate) origin: String,
}

impl Receipt {
    /// The receipt as bytes, to be sealed. The random `id` makes each receipt different.
    pub(super) fn to_bytes(&self, id: [u8; 16], expires_at: DateTime<Utc>) -> Vec<u8> {
        let text = format!("{} {}", self.browser.expose(), self.origin);
        [id.as_slice(), &expires_at.timestamp_millis().to_be_bytes(), text.as_bytes()].concat()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote: the time when the receipt expires, and the receipt.
    pub(super) fn read(plain: &[u8]) -> Option<(DateTime<Utc>, Self)> {
        let millis = i64::from_be_bytes(plain.get(16..24)?.try_into().ok()?);
        let (browser, origin) = std::str::from_utf8(plain.get(24..)?).ok()?.split_once(' ')?;
        let receipt = Self { browser: BrowserHandle::parse(browser)?, origin: origin.to_owned() };
        Some((DateTime::from_timestamp_millis(millis)?, receipt))
    }
}
