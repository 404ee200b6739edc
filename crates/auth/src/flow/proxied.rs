//! Identity's half of a proxied sign-in (article 1, "Sharing session with applications in different
//! domains"): another app's flow passes through, and goes back to where it came from.

use super::Passthrough;
use crate::{
    browser::{HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM},
    origin::{Origin, ParamsError, RegisteredClient, Registry, UniqueParams},
};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use serde::{Deserialize, Serialize};
use url::Url;

/// Longest `state` or `nonce` we carry for an app, characters.
const MAX_OPAQUE: usize = 512;

/// What an app gets from us beside the provider's answer; the provider has no say in it.
const OURS: [&str; 4] = ["state", HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM];

/// A checked `GET /authorize` of a registered app.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProxyRequest {
    /// The app's origin: registered, exactly.
    pub source: Origin,
    /// The provider to go to; `None` leaves it to identity when it has just one.
    pub provider: Option<String>,
    /// The app's own `state`: goes back to it untouched.
    pub state: String,
    /// The app's `nonce`: goes to the provider untouched.
    pub nonce: String,
    /// The app's `code_challenge`; the verifier never leaves the app.
    pub code_challenge: String,
    /// What the app may choose about the provider's page.
    pub passthrough: Passthrough,
}

/// Why `/authorize` said no: a 400 page, no redirect, nothing kept.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ProxyRequestError {
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
    pub fn read(query: &[u8], registry: &Registry) -> Result<Self, ProxyRequestError> {
        let params = UniqueParams::parse(query)?;
        params.printable()?;
        params.only(&[
            "source_url",
            "provider",
            "state",
            "nonce",
            "code_challenge",
            "code_challenge_method",
            Passthrough::NAMES[0],
            Passthrough::NAMES[1],
            Passthrough::NAMES[2],
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
            passthrough: Passthrough::read(&params).ok_or(ProxyRequestError::Malformed)?,
        })
    }
}

/// What identity remembers of a flow that passes through.
#[derive(Debug, Serialize, Deserialize)]
pub struct Proxied {
    /// The app's origin.
    source: String,
    /// The provider it went to.
    provider: String,
    /// The app's own `state`.
    state: String,
    /// Whether the visitor was asked nothing: then nobody has just signed in, whatever comes back. `true` in
    /// the cookie of a version that did not know.
    #[serde(default = "yes")]
    is_silent: bool,
}

fn yes() -> bool {
    true
}

impl Proxied {
    /// Remembers where to go back to.
    #[must_use]
    pub fn new(request: &ProxyRequest, provider: String) -> Self {
        Self {
            source: request.source.to_string(),
            provider,
            state: request.state.clone(),
            is_silent: request.passthrough.is_silent(),
        }
    }

    /// The app it goes back to, if it is still registered.
    #[must_use]
    pub fn app<'r>(&self, registry: &'r Registry) -> Option<&'r RegisteredClient> {
        registry.find(&Origin::parse(&self.source).ok()?)
    }

    /// Whether this answer of the provider may mean that somebody has just signed in: the app will know.
    #[must_use]
    pub fn may_be_sign_in(&self, answer: &UniqueParams) -> bool {
        !self.is_silent && answer.get("code").is_some_and(|code| !code.is_empty())
    }

    /// The app's callback with the provider's answer and the app's own `state`. `None` when the answer is
    /// another provider's, or the app has left the registry meanwhile.
    #[must_use]
    pub fn back(&self, provider: &str, answer: &UniqueParams, registry: &Registry) -> Option<Url> {
        if provider != self.provider {
            return None;
        }
        let source = Origin::parse(&self.source).ok().filter(|origin| registry.find(origin).is_some())?;
        let mut url = source.join(&format!("/auth/callback/{}", self.provider));
        {
            let mut query = url.query_pairs_mut();
            for (name, value) in answer.iter().filter(|(name, _)| !OURS.contains(name)) {
                query.append_pair(name, value);
            }
            query.append_pair("state", &self.state);
        }
        Some(url)
    }
}

/// A `state` for the provider's post-logout redirect that tells identity which app to go back to:
/// `{opaque}.{base64url of the origin}`. It is no secret and no proof: identity goes to registered
/// origins only, and the app knows its own opaque part again.
#[must_use]
pub fn logout_state(opaque: &str, origin: &Origin) -> String {
    format!("{opaque}.{}", URL_SAFE_NO_PAD.encode(origin.to_string()))
}

/// The origin in a [`logout_state`].
#[must_use]
pub fn origin_in_logout_state(state: &str) -> Option<Origin> {
    let (_, origin) = state.split_once('.')?;
    let origin = String::from_utf8(URL_SAFE_NO_PAD.decode(origin).ok()?).ok()?;
    Origin::parse(&origin).ok()
}

#[cfg(test)]
#[path = "proxied_tests.rs"]
mod tests;
