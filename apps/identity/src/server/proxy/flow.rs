//! What identity keeps of a sign-in that passes through, until the provider leads back.

use super::request::ProxyRequest;
use crate::server::registry::{RegisteredClient, Registry};
use auth::{
    flow::Flow,
    origin::{Origin, UniqueParams},
    sign_in_events::{HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM},
};
use serde::{Deserialize, Serialize};
use url::Url;

/// What an app gets from us beside the provider's answer; the provider has no say in it.
const OURS: [&str; 4] = ["state", HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM];

/// What identity remembers of a flow that passes through.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProxiedFlow {
    /// The app's origin.
    source: String,
    /// The provider it went to.
    provider: String,
    /// The app's own `state`.
    state: String,
    /// Whether the provider was told to ask the visitor nothing (`prompt=none`). Then its answer is no sign-in,
    /// whatever it holds. `true` for a cookie of a version that did not note it.
    #[serde(default = "yes")]
    is_silent: bool,
}

impl Flow for ProxiedFlow {
    const KIND: &'static str = "proxied";
}

fn yes() -> bool {
    true
}

impl ProxiedFlow {
    /// Remembers where to go back to.
    #[must_use]
    pub(crate) fn new(request: &ProxyRequest, provider: String) -> Self {
        Self {
            source: request.source.to_string(),
            provider,
            state: request.state.clone(),
            is_silent: request.hints.is_silent(),
        }
    }

    /// The app it goes back to, if it is still registered.
    #[must_use]
    pub(crate) fn app<'r>(&self, registry: &'r Registry) -> Option<&'r RegisteredClient> {
        registry.find(&Origin::parse(&self.source).ok()?)
    }

    /// Whether this answer of the provider may be a sign-in. The app finds out when it uses the code.
    #[must_use]
    pub(crate) fn may_be_sign_in(&self, answer: &UniqueParams) -> bool {
        !self.is_silent && answer.get("code").is_some_and(|code| !code.is_empty())
    }

    /// The app's callback with the provider's answer and the app's own `state`. `None` when the answer is
    /// another provider's, or the app has left the registry meanwhile.
    #[must_use]
    pub(crate) fn back(&self, provider: &str, answer: &UniqueParams, registry: &Registry) -> Option<Url> {
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
