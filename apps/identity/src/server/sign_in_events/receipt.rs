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
    /// The provider's id; empty in a receipt of an older version.
    pub(crate) provider: String,
}

impl Receipt {
    /// The receipt as bytes, to be sealed. The random `id` makes each receipt different.
    pub(super) fn to_bytes(&self, id: [u8; 16], expires_at: DateTime<Utc>) -> Vec<u8> {
        let text = format!("{} {} {}", self.browser.expose(), self.origin, self.provider);
        [id.as_slice(), &expires_at.timestamp_millis().to_be_bytes(), text.as_bytes()].concat()
    }

    /// Reads what [`to_bytes`](Self::to_bytes) wrote: the time when the receipt expires, and the receipt.
    pub(super) fn read(plain: &[u8]) -> Option<(DateTime<Utc>, Self)> {
        let millis = i64::from_be_bytes(plain.get(16..24)?.try_into().ok()?);
        let mut words = std::str::from_utf8(plain.get(24..)?).ok()?.split(' ');
        let browser = BrowserHandle::parse(words.next()?)?;
        let origin = words.next()?.to_owned();
        let provider = words.next().unwrap_or_default().to_owned();
        let receipt = Self { browser, origin, provider };
        Some((DateTime::from_timestamp_millis(millis)?, receipt))
    }
}
