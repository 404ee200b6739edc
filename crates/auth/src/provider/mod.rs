//! Identity providers: configuration, discovery, and requests for tokens and users.

mod checks;
mod client_auth;
mod config;
mod discovery;
mod endpoint;
mod endpoints;
mod github;
mod inspect;
mod issuers;
mod keys;
mod oidc;
mod preset;
mod profile;
mod token;
mod verify;

pub(crate) use checks::is_provider_id;
pub use checks::{check_params, check_scopes};
pub use client_auth::{AssertionAudience, ClientKey, Credentials, SecretMethod};
pub use config::{Kind, ProviderConfig};
pub use discovery::{Discovered, Unavailable};
pub(crate) use endpoints::is_short_hint;
pub use endpoints::{AppRequest, AuthorizeParams, Endpoints};
pub(crate) use inspect::Inspection;
pub use issuers::Issuers;
pub(crate) use keys::{KeyCache, KeyRequester};
pub use preset::{PRESETS, Preset, Protocol};

use crate::{
    clock::Clock,
    flow::{Authorized, FlowError},
    http::HttpClient,
    random::Random,
    session::{NewSession, SessionRecord},
};
use auth_types::ProviderView;
use chrono::{DateTime, Utc};
use discovery::Discovery;
use secrecy::SecretString;
use std::sync::Arc;

/// A configured provider.
pub struct Provider {
    /// The provider's configuration.
    pub config: ProviderConfig,
    http: HttpClient,
    clock: Clock,
    random: Random,
    /// Published metadata and keys; `None` for a plain OAuth 2.0 provider.
    discovery: Option<Arc<Discovery>>,
}

/// This app as a client of a provider, and what its requests need.
#[derive(Clone, Copy)]
pub(crate) struct RelyingParty<'a> {
    pub(crate) config: &'a ProviderConfig,
    pub(crate) http: &'a HttpClient,
    pub(crate) clock: &'a Clock,
    pub(crate) random: &'a Random,
}

/// The tokens that a refresh returned.
pub struct Refreshed {
    pub(crate) access_token: SecretString,
    pub(crate) access_expires_at: Option<DateTime<Utc>>,
    /// The next refresh token, if the provider rotates refresh tokens.
    pub(crate) refresh_token: Option<SecretString>,
    pub(crate) id_token: Option<SecretString>,
}

/// What a provider says about an access token.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TokenStatus {
    /// The provider accepts the token.
    Active,
    /// Rejected (401, RFC 6750 §3.1): treat the grant as revoked.
    Rejected,
    /// The provider does not answer properly. The token may still be good.
    Unavailable,
    /// The provider has no userinfo endpoint, so the token cannot be checked.
    NoUserinfo,
}

impl Provider {
    /// Creates a provider. No request is sent yet.
    #[must_use]
    pub fn new(config: ProviderConfig, http: HttpClient, clock: Clock, random: Random) -> Self {
        let discovery = match &config.kind {
            Kind::Oidc { issuers } => {
                Some(Arc::new(Discovery::new(issuers.clone(), http.clone(), clock.clone())))
            }
            Kind::GitHub { .. } => None,
        };
        Self { config, http, clock, random, discovery }
    }

    fn as_client(&self) -> RelyingParty<'_> {
        let Self { config, http, clock, random, .. } = self;
        RelyingParty { config, http, clock, random }
    }

    /// Returns the provider's endpoints; fetches the metadata if necessary.
    ///
    /// # Errors
    /// [`Unavailable`] if the provider does not answer and no metadata are cached.
    pub async fn endpoints(&self) -> Result<Endpoints, Unavailable> {
        match &self.config.kind {
            Kind::Oidc { .. } => Ok(self.discovered().await?.endpoints.clone()),
            Kind::GitHub { base } => github::endpoints(base),
        }
    }

    async fn discovered(&self) -> Result<Arc<Discovered>, Unavailable> {
        self.discovery.as_ref().ok_or(Unavailable)?.get().await
    }

    /// Turns a code into a verified sign-in.
    ///
    /// # Errors
    /// A [`FlowError`] that names the rule the answer broke.
    pub async fn finish(&self, authorized: Authorized) -> Result<NewSession, FlowError> {
        match (&self.config.kind, &self.discovery) {
            (Kind::GitHub { base }, _) => github::finish(self.as_client(), base, authorized).await,
            (Kind::Oidc { issuers }, Some(discovery)) => {
                oidc::finish(self.as_client(), issuers, discovery, authorized).await
            }
            (Kind::Oidc { .. }, None) => Err(FlowError::Unavailable(Unavailable)),
        }
    }

    /// Renews the tokens of a session.
    ///
    /// # Errors
    /// [`FlowError::InvalidGrant`] if the provider refuses the refresh token. [`FlowError::AnotherUser`] if
    /// the answer names another user or issuer. After these two errors the session must end. All other errors
    /// must not end the session.
    pub async fn refresh(
        &self,
        refresh_token: &SecretString,
        record: &SessionRecord,
    ) -> Result<Refreshed, FlowError> {
        match (&self.config.kind, &self.discovery) {
            (Kind::GitHub { base }, _) => github::refresh(self.as_client(), base, refresh_token).await,
            (Kind::Oidc { issuers }, Some(discovery)) => {
                oidc::refresh(self.as_client(), issuers, discovery, refresh_token, record).await
            }
            (Kind::Oidc { .. }, None) => Err(FlowError::Unavailable(Unavailable)),
        }
    }

    /// Asks the provider whether an unexpired access token is still good.
    pub async fn check_access_token(&self, access_token: &SecretString) -> TokenStatus {
        let endpoint = match &self.config.kind {
            Kind::GitHub { base } => github::api_user(base).ok(),
            Kind::Oidc { .. } => match self.discovered().await {
                Ok(discovered) => discovered.userinfo.as_ref().map(|endpoint| endpoint.url().clone()),
                Err(Unavailable) => return TokenStatus::Unavailable,
            },
        };
        match endpoint {
            Some(endpoint) => token::check_access_token(&self.http, &endpoint, access_token).await,
            None => TokenStatus::NoUserinfo,
        }
    }

    /// Whether the provider speaks OpenID Connect. GitHub speaks plain OAuth 2.0.
    #[must_use]
    pub fn is_oidc(&self) -> bool {
        matches!(self.config.kind, Kind::Oidc { .. })
    }

    /// Whether the provider signs tokens as `issuer`.
    #[must_use]
    pub fn signs_as(&self, issuer: &str) -> bool {
        matches!(&self.config.kind, Kind::Oidc { issuers } if issuers.contains(issuer))
    }

    /// Whether sessions from this provider carry `issuer`. Sessions from a plain OAuth 2.0 provider carry
    /// the provider's base URL.
    #[must_use]
    pub fn is_issuer_of(&self, issuer: &str) -> bool {
        match &self.config.kind {
            Kind::Oidc { issuers } => issuers.contains(issuer),
            Kind::GitHub { base } => github::issuer_of(base) == issuer,
        }
    }

    /// The provider's keys, for verifying other tokens that the provider signs.
    ///
    /// # Errors
    /// [`Unavailable`] if the provider does not answer and no keys are cached.
    pub(crate) async fn keys(&self) -> Result<Arc<KeyCache>, Unavailable> {
        Ok(self.discovered().await?.keys.clone())
    }

    /// Revokes a refresh token (RFC 7009), if the provider supports revocation. Best effort.
    pub async fn revoke(&self, refresh_token: &SecretString) {
        if let Ok(discovered) = self.discovered().await {
            oidc::revoke(self.as_client(), &discovered, refresh_token).await;
        }
    }

    /// Whether the provider may be asked with `prompt=none` (OpenID Connect Core §3.1.2.1), as far as is known:
    /// by the configuration, and by metadata that were fetched before.
    #[must_use]
    pub fn can_be_silent(&self) -> bool {
        let known = self.discovery.as_ref().map(|discovery| discovery.known());
        self.config.is_silent
            && known.is_some_and(|known| known.is_none_or(|known| known.endpoints.supports_silent))
    }

    /// Whether the provider answered lately; checks again if the last answer is older than some seconds.
    pub async fn is_reachable(&self) -> bool {
        match &self.discovery {
            Some(discovery) => discovery.is_reachable().await,
            None => true,
        }
    }

    /// The view of the provider for the sign-in page. Waits for the check whether the provider is reachable.
    pub async fn view(&self) -> ProviderView {
        self.view_when(self.is_reachable().await)
    }

    /// The view of the provider for other pages, from cached results. Never waits for the provider.
    pub(crate) fn last_known_view(&self) -> ProviderView {
        self.view_when(self.discovery.as_ref().is_none_or(|discovery| discovery.was_reachable()))
    }

    fn view_when(&self, available: bool) -> ProviderView {
        let ProviderConfig { id, name, icon, .. } = &self.config;
        ProviderView { id: id.clone(), name: name.clone(), icon: icon.clone(), available }
    }

    /// Origins that a hidden frame on the way to this provider passes: the issuer's, and those of the published
    /// endpoints.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let (base, known) = match &self.config.kind {
            Kind::Oidc { issuers } => (
                issuers.configured().url().clone(),
                self.discovery.as_ref().and_then(|discovery| discovery.known()),
            ),
            Kind::GitHub { base } => (base.clone(), None),
        };
        let mut origins = vec![base.origin().ascii_serialization()];
        if let Some(known) = known {
            let endpoints = [
                Some(&known.endpoints.authorization_endpoint),
                known.endpoints.end_session_endpoint.as_ref(),
            ];
            origins.extend(endpoints.into_iter().flatten().map(|url| url.origin().ascii_serialization()));
        }
        origins.sort();
        origins.dedup();
        origins
    }
}

/// Makes a provider's text safe for the log: one line of at most 200 characters.
pub(crate) fn for_log(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(200).collect()
}
