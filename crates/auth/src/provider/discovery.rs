//! OpenID Provider discovery: metadata and keys, cached.

use super::{
    Endpoints, Issuers,
    endpoint::{CheckedHttp, check_endpoint, optional},
    endpoints::OFFLINE_ACCESS,
    for_log,
    keys::{KeyCache, describe},
    preset::{LOGIN, SELECT_ACCOUNT},
};
use crate::{
    clock::Clock,
    http::{EndpointKind, HttpClient, HttpResponse},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{Request, StatusCode, header::ACCEPT};
use openidconnect::{
    AdditionalProviderMetadata, JsonWebKeySet, ProviderMetadata, TokenUrl, UserInfoUrl,
    core::{
        CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
        CoreJsonWebKeySet, CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm,
        CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
    },
};
use serde::{Deserialize, Serialize};
use std::{
    sync::{Arc, PoisonError, RwLock},
    time::Duration,
};
use tokio::{sync::Mutex, time::timeout};
use url::Url;

/// How long fetched metadata is fresh.
const MAX_AGE: TimeDelta = TimeDelta::hours(24);
/// How long a successful fetch counts as proof that the provider is reachable.
const REACHABLE_AGE: TimeDelta = TimeDelta::seconds(10);
/// How long to wait after a failed fetch before the next attempt.
const RETRY_AFTER: TimeDelta = TimeDelta::seconds(2);
/// How long a page waits for the check whether a provider is reachable.
const REACHABILITY_TIMEOUT: Duration = Duration::from_secs(2);

/// The provider does not answer, or its metadata is not usable.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("provider_unavailable")]
pub struct Unavailable;

/// Metadata fields that the openidconnect crate does not parse.
#[derive(Clone, Debug, Default, Deserialize, Serialize)]
pub(super) struct ExtraMetadata {
    end_session_endpoint: Option<Url>,
    revocation_endpoint: Option<Url>,
    /// A list of strings if the provider conforms (Initiating User Registration 1.0 §4).
    #[serde(default)]
    prompt_values_supported: serde_json::Value,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    #[serde(default)]
    backchannel_logout_supported: bool,
}
impl AdditionalProviderMetadata for ExtraMetadata {}

type Metadata = ProviderMetadata<
    ExtraMetadata,
    CoreAuthDisplay,
    CoreClientAuthMethod,
    CoreClaimName,
    CoreClaimType,
    CoreGrantType,
    CoreJweContentEncryptionAlgorithm,
    CoreJweKeyManagementAlgorithm,
    CoreJsonWebKey,
    CoreResponseMode,
    CoreResponseType,
    CoreSubjectIdentifierType,
>;

/// A provider's published endpoints and keys.
#[derive(Debug)]
pub struct Discovered {
    /// The endpoints that a flow uses.
    pub endpoints: Endpoints,
    pub(super) token: TokenUrl,
    pub(super) userinfo: Option<UserInfoUrl>,
    pub(super) supports_basic: bool,
    pub(super) revocation: Option<Url>,
    pub(super) keys: Arc<KeyCache>,
    /// Whether the provider tells its clients of sign-outs (Back-Channel Logout 1.0 §2.1).
    pub(super) supports_backchannel_logout: bool,
    fetched_at: DateTime<Utc>,
}

/// The metadata cache of one provider.
pub(super) struct Discovery {
    issuers: Issuers,
    http: HttpClient,
    clock: Clock,
    state: RwLock<State>,
    /// Allows one fetch at a time; other callers wait for its result.
    fetching: Mutex<()>,
}

#[derive(Default)]
struct State {
    known: Option<Arc<Discovered>>,
    last_success: Option<DateTime<Utc>>,
    last_failure: Option<DateTime<Utc>>,
}

impl Discovery {
    pub(super) fn new(issuers: Issuers, http: HttpClient, clock: Clock) -> Self {
        Self { issuers, http, clock, state: RwLock::default(), fetching: Mutex::default() }
    }

    /// The cached metadata, however old.
    pub(super) fn known(&self) -> Option<Arc<Discovered>> {
        self.read(|state| state.known.clone())
    }

    /// Returns the metadata, fetched if missing or old. Old metadata stays in use while the provider is down.
    pub(super) async fn get(&self) -> Result<Arc<Discovered>, Unavailable> {
        match self.known() {
            Some(known) if self.clock.now() - known.fetched_at < MAX_AGE => Ok(known),
            Some(known) => Ok(self.fetch().await.unwrap_or(known)),
            None => self.fetch().await,
        }
    }

    /// Whether the provider is reachable, by the last results. If these results are too old, a new check
    /// starts in the background.
    pub(super) fn was_reachable(self: &Arc<Self>) -> bool {
        let (up, down) = self.recent_results();
        if !up && !down {
            let this = self.clone();
            tokio::spawn(async move { this.is_reachable().await });
        }
        !down && self.known().is_some()
    }

    /// Whether the provider answered within the last seconds; checks again if that is unknown.
    ///
    /// A visitor waits for this check. After `REACHABILITY_TIMEOUT`, cached metadata count as reachable, and the check
    /// goes on in the background.
    pub(super) async fn is_reachable(self: &Arc<Self>) -> bool {
        let (up, down) = self.recent_results();
        if up || down {
            return !down;
        }
        let this = self.clone();
        let asking = tokio::spawn(async move { this.fetch().await.is_ok() });
        match timeout(REACHABILITY_TIMEOUT, asking).await {
            Ok(answered) => answered.unwrap_or(false),
            Err(_) => self.known().is_some(),
        }
    }

    /// Whether a fetch succeeded lately, and whether a fetch failed lately.
    fn recent_results(&self) -> (bool, bool) {
        let now = self.clock.now();
        let recent_results = |at: Option<DateTime<Utc>>, age| at.is_some_and(|at| now - at < age);
        self.read(|state| {
            (
                recent_results(state.last_success, REACHABLE_AGE),
                recent_results(state.last_failure, RETRY_AFTER),
            )
        })
    }

    async fn fetch(&self) -> Result<Arc<Discovered>, Unavailable> {
        let asked_at = self.clock.now();
        let _one_at_a_time = self.fetching.lock().await;
        // Another caller may have fetched, or failed, while this caller waited for the lock.
        let (success, failure) = self.read(|state| (state.last_success, state.last_failure));
        if success.is_some_and(|at| at >= asked_at) {
            return self.known().ok_or(Unavailable);
        }
        if failure.is_some_and(|at| self.clock.now() - at < RETRY_AFTER) {
            return Err(Unavailable);
        }
        let result = self.fetch_metadata().await;
        let now = self.clock.now();
        match result {
            Ok(discovered) => {
                let discovered = Arc::new(discovered);
                self.write(|state| {
                    state.known = Some(discovered.clone());
                    state.last_success = Some(now);
                    state.last_failure = None;
                });
                Ok(discovered)
            }
            Err(reason) => {
                tracing::warn!(issuer = self.issuers.configured().as_str(), %reason, "provider metadata unavailable");
                self.write(|state| state.last_failure = Some(now));
                Err(Unavailable)
            }
        }
    }

    /// Fetches the metadata and the keys.
    async fn fetch_metadata(&self) -> Result<Discovered, String> {
        self.read_metadata(&self.fetch_document().await?).await
    }

    /// Fetches the document with the metadata (OpenID Connect Discovery §4).
    pub(super) async fn fetch_document(&self) -> Result<HttpResponse, String> {
        let issuer = self.issuers.configured();
        let url = format!("{}/.well-known/openid-configuration", issuer.as_str().trim_end_matches('/'));
        let request = Request::get(url).header(ACCEPT, "application/json");
        let request = request.extension(EndpointKind::Metadata).body(Vec::new());
        let answer = self.http.send(request.map_err(|_| "malformed URL")?).await;
        let answer = answer.map_err(|error| format!("request failed: {error}"))?;
        if answer.status() == StatusCode::OK {
            Ok(answer)
        } else {
            Err(format!("answered {}", answer.status()))
        }
    }

    /// Checks the metadata, and fetches the keys.
    pub(super) async fn read_metadata(&self, answer: &HttpResponse) -> Result<Discovered, String> {
        let issuer = self.issuers.configured();
        let metadata: Metadata = serde_json::from_slice(answer.body()).map_err(|_| "unexpected JSON")?;
        let expected = self.issuers.in_metadata();
        if metadata.issuer().as_str() != expected {
            return Err(format!(
                "not valid: AUTH_<NAME>_ISSUER is \"{expected}\", and must be exactly as in the metadata: \"{}\"",
                for_log(metadata.issuer().as_str())
            ));
        }
        let judged = CheckedHttp { issuer: issuer.url().clone(), http: self.http.clone() };
        let keys = JsonWebKeySet::fetch_async(metadata.jwks_uri(), &judged).await;
        let keys = keys.map_err(|error| describe(&error))?;
        Discovered::new(&metadata, keys, &self.issuers, (&self.http, &self.clock))
    }

    fn read<T>(&self, look: impl FnOnce(&State) -> T) -> T {
        look(&self.state.read().unwrap_or_else(PoisonError::into_inner))
    }

    fn write<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.write().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Discovered {
    fn new(
        metadata: &Metadata,
        keys: CoreJsonWebKeySet,
        issuers: &Issuers,
        (http, clock): (&HttpClient, &Clock),
    ) -> Result<Self, String> {
        let extra = metadata.additional_metadata();
        let issuer = issuers.configured().url();
        let required = |name, url: &Url| check_endpoint(issuer, name, url).map_err(|error| error.to_string());
        required("authorization_endpoint", metadata.authorization_endpoint().url())?;
        required("jwks_uri", metadata.jwks_uri().url())?;
        let token = metadata.token_endpoint().cloned().ok_or("no token_endpoint")?;
        required("token_endpoint", token.url())?;
        let userinfo = metadata.userinfo_endpoint().map(UserInfoUrl::url);
        let userinfo = optional(issuer, "userinfo_endpoint", userinfo).map(UserInfoUrl::from_url);
        let supports_basic = metadata
            .token_endpoint_auth_methods_supported()
            .is_none_or(|methods| methods.contains(&CoreClientAuthMethod::ClientSecretBasic));
        Ok(Self {
            endpoints: Endpoints {
                issuers: issuers.clone(),
                iss_required: extra.authorization_response_iss_parameter_supported,
                authorization_endpoint: metadata.authorization_endpoint().url().clone(),
                end_session_endpoint: optional(
                    issuer,
                    "end_session_endpoint",
                    extra.end_session_endpoint.as_ref(),
                ),
                account_prompt: account_prompt(&extra.prompt_values_supported),
                supports_silent: supports_silent(&extra.prompt_values_supported),
                offers_offline_access: metadata
                    .scopes_supported()
                    .is_some_and(|scopes| scopes.iter().any(|scope| scope.as_str() == OFFLINE_ACCESS)),
            },
            token,
            userinfo,
            supports_basic,
            revocation: optional(issuer, "revocation_endpoint", extra.revocation_endpoint.as_ref()),
            keys: Arc::new(
                KeyCache::new(metadata.jwks_uri().clone(), http.clone(), clock.clone()).with_keys(keys),
            ),
            supports_backchannel_logout: extra.backchannel_logout_supported,
            fetched_at: clock.now(),
        })
    }
}

/// Picks the `prompt` for choosing an account from the provider's list; `None` without a list.
fn account_prompt(supported: &serde_json::Value) -> Option<&'static str> {
    let knows = supported.as_array()?.iter().any(|value| value == SELECT_ACCOUNT);
    Some(if knows { SELECT_ACCOUNT } else { LOGIN })
}

/// Whether the provider accepts `prompt=none`: yes, unless it lists prompts without `none`.
fn supports_silent(supported: &serde_json::Value) -> bool {
    supported.as_array().is_none_or(|list| list.iter().any(|value| value == "none"))
}
