//! The proxied sign-in that identity keeps until the provider redirects back.

use super::request::ProxyRequest;
use crate::server::{
    registry::{RegisteredClient, Registry},
    sign_in_events::{BrowserHandle, Receipt},
};
use auth::{
    Auth,
    cookie::Cookies,
    flow::Flow,
    last_provider::{self, LAST_PROVIDER_PARAM},
    origin::{Origin, UniqueParams},
    sign_in_events::{HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM},
};
use http::HeaderValue;
use serde::{Deserialize, Serialize};
use url::Url;

/// The parameters that identity adds to the provider's answer. The provider cannot set them.
const OURS: [&str; 5] = ["state", HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM, LAST_PROVIDER_PARAM];

/// A proxied sign-in. Identity's `state` says it, sealed, so that the way back to the app is known even if the record of
/// the flow is gone.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct ProxiedFlow {
    /// The app's origin.
    source: String,
    /// The provider that was asked.
    provider: String,
    /// The app's own `state`.
    state: String,
    /// Whether the app asked for no interaction (`prompt=none`). The answer is then never a sign-in by the
    /// visitor.
    is_silent: bool,
    /// A hash of the handle of the browser where the flow began; `None` in a frame.
    #[serde(default)]
    browser: Option<String>,
}

/// The record of a proxied sign-in: this browser began it, and it can be finished once.
#[derive(Debug, Serialize, Deserialize)]
pub(crate) struct Proxied;

impl Flow for Proxied {
    const KIND: &'static str = "proxied";
}

impl ProxiedFlow {
    /// Keeps what the way back to the app needs.
    #[must_use]
    pub(crate) fn new(request: &ProxyRequest, provider: String, browser: Option<&BrowserHandle>) -> Self {
        Self {
            source: request.source.to_string(),
            provider,
            state: request.state.clone(),
            is_silent: request.hints.is_silent(),
            browser: browser.map(BrowserHandle::flow_tag),
        }
    }

    /// Whether the flow began in the browser with this handle.
    #[must_use]
    pub(crate) fn began_in(&self, browser: &BrowserHandle) -> bool {
        self.browser.as_ref().is_some_and(|tag| *tag == browser.flow_tag())
    }

    /// The app that began the flow, if it is still registered.
    #[must_use]
    pub(crate) fn app<'r>(&self, registry: &'r Registry) -> Option<&'r RegisteredClient> {
        registry.find(&Origin::parse(&self.source).ok()?)
    }

    /// The receipt for this answer of the provider, which may be a sign-in: only the app can tell, when it uses the code.
    /// Identity has to know of a silent sign-in only at a preview, whose origin it tells of logouts.
    #[must_use]
    pub(crate) fn receipt(
        &self,
        browser: BrowserHandle,
        app: &RegisteredClient,
        answer: &UniqueParams,
    ) -> Option<Receipt> {
        let has_code = answer.get("code").is_some_and(|code| !code.is_empty());
        let is_wanted = has_code && (!self.is_silent || app.preview.is_some());
        is_wanted.then(|| Receipt { browser, origin: self.source.clone(), provider: self.provider.clone() })
    }

    /// Reads the provider's answer for the provider that this browser signed in with last. Returns the cookie that remembers
    /// it, or adds it to the error that answers a silent attempt: the app may ask that provider then. Previews neither
    /// change it nor hear of it.
    pub(crate) fn last_provider(
        &self,
        (auth, jar): (&Auth, Cookies<'_>),
        app: &RegisteredClient,
        answer: &UniqueParams,
        back: &mut Url,
    ) -> Option<HeaderValue> {
        if app.preview.is_some() {
            return None;
        }
        if answer.get("error").is_none() {
            let is_by_hand = !self.is_silent && answer.get("code").is_some();
            return is_by_hand.then(|| last_provider::remember(auth, jar, &self.provider)).flatten();
        }
        let last = last_provider::of(auth, jar)
            .filter(|last| self.is_silent && last.config.id != self.provider && app.may_use(&last.config.id));
        back.query_pairs_mut()
            .extend_pairs(last.iter().map(|last| (LAST_PROVIDER_PARAM, last.config.id.as_str())));
        None
    }

    /// The app's callback, with the app's own `state` and no answer. The app then offers the page that was wanted. `None` if
    /// the app is no longer registered.
    #[must_use]
    pub(crate) fn back_without_answer(&self, registry: &Registry) -> Option<Url> {
        self.back(&self.provider, &UniqueParams::default(), registry)
    }

    /// The app's callback with the provider's answer and the app's own `state`. `None` if the answer is
    /// another provider's, or if the app is no longer registered.
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
