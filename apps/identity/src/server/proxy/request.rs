//! The request of an app to `/authorize`, and every reason to say no.

use crate::server::registry::Registry;
use auth::{
    flow::AuthorizeHints,
    origin::{Origin, ParamsError, UniqueParams},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// Longest `state` or `nonce` we carry for an app, characters.
const MAX_OPAQUE: usize = 512;

/// A checked `GET /authorize` of a registered app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProxyRequest {
    /// The app's origin: registered, exactly.
    pub(crate) source: Origin,
    /// The provider to go to; `None` leaves it to identity when it has just one.
    pub(crate) provider: Option<String>,
    /// The app's own `state`: goes back to it untouched.
    pub(crate) state: String,
    /// The app's `nonce`: goes to the provider untouched.
    pub(crate) nonce: String,
    /// The app's `code_challenge`; the verifier never leaves the app.
    pub(crate) code_challenge: String,
    /// What the app may choose about the provider's page.
    pub(crate) hints: AuthorizeHints,
}

/// Why `/authorize` said no: a 400 page, no redirect, nothing kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProxyRequestError {
    /// Doubled, unexpected or binary parameters.
    #[error("invalid_parameters")]
    Params(#[from] ParamsError),
    /// `source_url` is missing, no plain origin, or not registered.
    #[error("unregistered_source_url")]
    SourceUrl,
    /// `state`, `nonce` or `code_challenge` is missing or out of shape.
    #[error("invalid_request")]
    Malformed,
    /// `code_challenge_method` is not `S256` (RFC 9700 §2.1.1).
    #[error("pkce_required")]
    Pkce,
}

impl ProxyRequest {
    /// Reads and checks the query of `/authorize`.
    ///
    /// # Errors
    /// A [`ProxyRequestError`] that names the rule.
    pub(crate) fn read(query: &[u8], registry: &Registry) -> Result<Self, ProxyRequestError> {
        let params = UniqueParams::parse(query)?;
        params.printable()?;
        params.only(&[
            "source_url",
            "provider",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            AuthorizeHints::NAMES[0],
            AuthorizeHints::NAMES[1],
            AuthorizeHints::NAMES[2],
        ])?;
        let source = params
            .get("source_url")
            .and_then(|text| Origin::parse(text).ok())
            .filter(|origin| registry.find(origin).is_some())
            .ok_or(ProxyRequestError::SourceUrl)?;
        if params.get("code_challenge_method") != Some("S256") {
            return Err(ProxyRequestError::Pkce);
        }
        let opaque = |name: &str| {
            params
                .get(name)
                .filter(|value| !value.is_empty() && value.len() <= MAX_OPAQUE)
                .map(ToOwned::to_owned)
                .ok_or(ProxyRequestError::Malformed)
        };
        let code_challenge = opaque("code_challenge")?;
        if URL_SAFE_NO_PAD.decode(&code_challenge).map_or(0, |hash| hash.len()) != 32 {
            return Err(ProxyRequestError::Pkce);
        }
        Ok(Self {
            source,
            provider: params.get("provider").map(ToOwned::to_owned),
            state: opaque("state")?,
            nonce: opaque("nonce")?,
            code_challenge,
            hints: AuthorizeHints::read(&params).ok_or(ProxyRequestError::Malformed)?,
        })
    }
}

#[cfg(test)]
#[path = "request_tests.rs"]
mod tests;
