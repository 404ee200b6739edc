//! An app's request to `/authorize`, and every reason to refuse it.

use crate::server::registry::Registry;
use auth::{
    flow::AuthorizeHints,
    origin::{Origin, ParamsError, UniqueParams},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};

/// The longest `state`, `nonce` or `code_challenge` of an app, in bytes.
const MAX_OPAQUE: usize = 512;

/// A checked `GET /authorize` of a registered app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ProxyRequest {
    /// The app's registered origin.
    pub(crate) source: Origin,
    /// The provider that the app names; `None` is enough if identity has only one.
    pub(crate) provider: Option<String>,
    /// The app's own `state`, returned to the app unchanged.
    pub(crate) state: String,
    /// The app's `nonce`, passed to the provider unchanged.
    pub(crate) nonce: String,
    /// The app's `code_challenge`; the verifier never leaves the app.
    pub(crate) code_challenge: String,
    /// The hints that the app passes to the provider.
    pub(crate) hints: AuthorizeHints,
}

/// Why `/authorize` refused a request: a 400 page, without a redirect and with nothing kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum ProxyRequestError {
    /// Doubled, unexpected or binary parameters.
    #[error("invalid_parameters")]
    Params(#[from] ParamsError),
    /// `source_url` is missing, not a plain origin, or not registered.
    #[error("unregistered_source_url")]
    SourceUrl,
    /// `state`, `nonce`, `code_challenge` or a hint is missing or malformed.
    #[error("invalid_request")]
    Malformed,
    /// `code_challenge_method` is not `S256`, or `code_challenge` is not a SHA-256 hash (RFC 9700 §2.1.1).
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
