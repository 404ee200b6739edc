//! The `state` of a flow. It is unguessable, and says, sealed, where the visitor wanted to go. So a callback that comes too
//! late, twice, or in another browser still leads somewhere, although the record of its flow is gone.
//!
//! A `state` proves nothing about the browser: only the flow's cookie does. What a `state` says is used for links and for
//! redirects within the app, never to finish a flow.

use super::{Flow, Flows};
use crate::{origin::ReturnPath, seal::Purpose, store::StoreError};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Serialize, de::DeserializeOwned};

/// Longest page that a `state` names, bytes. A `state` travels in addresses, and providers limit those. Identity takes
/// a `state` of 512 bytes at most: the sealed page has 40 bytes more, and base64 makes four bytes of three.
const MAX_PAGE: usize = 340;

impl Flows {
    /// Returns a new `state` that says `content`, for flows of the kind `F`. Each `state` is different: the seal has a
    /// random nonce of 192 bits.
    ///
    /// # Errors
    /// [`StoreError`] if the content cannot be written as JSON.
    pub fn new_state<F: Flow>(&self, content: &impl Serialize) -> Result<String, StoreError> {
        let plain = serde_json::to_vec(content).map_err(|error| StoreError(error.to_string()))?;
        Ok(URL_SAFE_NO_PAD.encode(self.keyring.seal(Purpose::State, F::KIND.as_bytes(), &plain)))
    }

    /// Returns what a `state` says; `None` if this app did not make it, or made it for another kind of flow.
    #[must_use]
    pub fn read_state<F: Flow, T: DeserializeOwned>(&self, state: &str) -> Option<T> {
        let sealed = URL_SAFE_NO_PAD.decode(state).ok()?;
        let plain = self.keyring.open(Purpose::State, F::KIND.as_bytes(), &sealed).ok()?;
        serde_json::from_slice(&plain).ok()
    }

    /// Returns a new `state` that names the page the visitor wanted, if its path is short enough. The kind tells a sign-in
    /// by hand from one that the visitor did not ask for.
    pub(crate) fn new_state_for<F: Flow>(&self, page: &ReturnPath) -> Result<String, StoreError> {
        self.new_state::<F>(&if names(page) { page.as_str() } else { "" })
    }

    /// Returns the page that a `state` names.
    pub(crate) fn page_of<F: Flow>(&self, state: &str) -> Option<ReturnPath> {
        ReturnPath::parse(&self.read_state::<F, String>(state)?)
    }
}

/// Whether a `state` names this page, so that the store does not need to.
pub(crate) fn names(page: &ReturnPath) -> bool {
    page.as_str().len() <= MAX_PAGE
}
