//! Identity providers: configuration, discovery, and requests for tokens and users.

mod discovery;
mod endpoint;
mod github;
mod keys;
mod oidc;
mod preset;
mod profile;
mod token;
mod verify;

pub use discovery::{Discovered, Unavailable};
pub(crate) use keys::{KeyCache, KeyRequester};
pub use preset::{Kind, PRESETS, Preset, ProviderConfig};

use crate::{
    clock::Clock,
    flow::{Authorized, FlowError},
    http::HttpClient,
    session::{NewSession, SessionRecord},
};
use auth_types::ProviderView;
use chrono::{DateTime, Utc};
use discovery::Discovery;
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

/// A configured provider.
pub struct Provider {
    /// The provider's configuration.
    pub config: ProviderConfig,
    http: HttpClient,
    clock: Clock,
    /// Published metadata and keys; `None` for a plain OAuth 2.0 provider.
    discovery: Option<Arc<Discovery>>,
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

/// A provider's endpoints, and the features that flows depend on.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The provider's issuer, also the value that RFC 9207's `iss` must have.
    pub issuer: String,
    /// Whether the provider promised to send `iss` with every authorization response.
    pub iss_required: bool,
    /// Where the visitor is sent to sign in.
    pub authorization_endpoint: Url,
    /// Where the visitor is sent to sign out (RP-Initiated Logout 1.0 §2.1), if the
    /// provider has such an endpoint.
    pub end_session_endpoint: Option<Url>,
    /// The `prompt` that lets the visitor choose another account, if the provider's metadata list prompts.
    pub account_prompt: Option<&'static str>,
}

impl Provider {
    /// Creates a provider. No request is sent yet.
    #[must_use]
    pub fn new(config: ProviderConfig, http: HttpClient, clock: Clock) -> Self {
        let discovery = match &config.kind {
            Kind::Oidc { issuer, .. } => {
                Some(Arc::new(Discovery::new(issuer.clone(), http.clone(), clock.clone())))
            }
            Kind::GitHub { .. } => None,
        };
        Self { config, http, clock, discovery }
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
            (Kind::GitHub { base }, _) => {
                github::finish(&self.config, base, &self.http, self.clock.now(), authorized).await
            }
            (Kind::Oidc { .. }, Some(discovery)) => {
                oidc::finish(&self.config, discovery, &self.http, &self.clock, authorized).await
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
            (Kind::GitHub { base }, _) => {
                github::refresh(&self.config, base, &self.http, self.clock.now(), refresh_token).await
            }
            (Kind::Oidc { .. }, Some(discovery)) => {
                oidc::refresh(&self.config, discovery, &self.http, &self.clock, refresh_token, record).await
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

    /// The provider's `iss`; `None` for a plain OAuth 2.0 provider.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        match &self.config.kind {
            Kind::Oidc { issuer } => Some(issuer.as_str()),
            Kind::GitHub { .. } => None,
        }
    }

    /// Whether sessions from this provider carry `issuer`. Sessions from a plain OAuth 2.0 provider carry
    /// the provider's base URL.
    #[must_use]
    pub fn is_issuer_of(&self, issuer: &str) -> bool {
        match &self.config.kind {
            Kind::Oidc { issuer: own } => own.as_str() == issuer,
            Kind::GitHub { base } => base.as_str().trim_end_matches('/') == issuer,
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
            oidc::revoke(&self.config, &discovered, &self.http, refresh_token).await;
        }
    }

    /// Whether the provider supports silent sign-in (`prompt=none`, OpenID Connect Core §3.1.2.1).
    /// Plain OAuth 2.0 does not.
    #[must_use]
    pub fn can_be_silent(&self) -> bool {
        matches!(self.config.kind, Kind::Oidc { .. })
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
        ProviderView { id: self.config.id.clone(), name: self.config.name.clone(), available }
    }

    /// Origins that a form on the way to this provider may redirect to: the issuer's, and those of
    /// the published endpoints.
    #[must_use]
    pub fn origins(&self) -> Vec<String> {
        let (base, known) = match &self.config.kind {
            Kind::Oidc { issuer, .. } => {
                (issuer.url().clone(), self.discovery.as_ref().and_then(|discovery| discovery.known()))
            }
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

/// Longest `id_token_hint` in a URL, bytes. Many servers accept 8 KB for the whole request
/// line, some accept less.
const MAX_ID_TOKEN_HINT: usize = 2048;

/// Makes a provider's text safe for the log: one line of at most 200 characters.
pub(crate) fn for_log(text: &str) -> String {
    text.chars().map(|character| if character.is_control() { ' ' } else { character }).take(200).collect()
}

/// Parameters of an authorization request that differ from flow to flow.
#[derive(Clone, Debug)]
pub struct AuthorizeParams<'a> {
    /// Where the provider sends the answer.
    pub redirect_uri: &'a Url,
    /// Ties the answer to the flow (RFC 6749 §10.12).
    pub state: &'a str,
    /// Ties the ID token to the flow (OpenID Connect Core §3.1.2.1).
    pub nonce: &'a str,
    /// `S256` of the `code_verifier` (RFC 7636 §4.2).
    pub code_challenge: &'a str,
    /// The optional parameters that the caller chose: `prompt`, `login_hint` and `ui_locales`.
    pub hints: &'a crate::flow::AuthorizeHints,
}

impl Endpoints {
    /// The authorization request as a URL (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub fn authorize_url(&self, config: &ProviderConfig, params: &AuthorizeParams<'_>) -> Url {
        let mut url = self.authorization_endpoint.clone();
        {
            let mut query = url.query_pairs_mut();
            query
                .append_pair("response_type", "code")
                .append_pair("client_id", &config.client_id)
                .append_pair("redirect_uri", params.redirect_uri.as_str())
                .append_pair("scope", &config.scopes)
                .append_pair("state", params.state)
                .append_pair("code_challenge", params.code_challenge)
                .append_pair("code_challenge_method", "S256");
            if matches!(config.kind, Kind::Oidc { .. }) {
                query.append_pair("nonce", params.nonce);
                for (name, value) in params.hints.iter() {
                    query.append_pair(name, value);
                }
            }
            for (name, value) in config.extra_params {
                query.append_pair(name, value);
            }
        }
        url
    }

    /// Returns the URL that ends the provider's session (RP-Initiated Logout 1.0 §2); `None` without an
    /// `end_session_endpoint`.
    ///
    /// An ID token that would make the URL too long is left out. Then `logout_hint` with the
    /// user's `sub` names the user.
    #[must_use]
    pub fn end_session_url(
        &self,
        config: &ProviderConfig,
        id_token_hint: Option<&SecretString>,
        subject: &str,
        post_logout_redirect_uri: &Url,
        state: &str,
    ) -> Option<Url> {
        use secrecy::ExposeSecret;
        let mut url = self.end_session_endpoint.clone()?;
        let hint = id_token_hint.map(|hint| hint.expose_secret());
        let hint = hint.filter(|hint| hint.len() <= MAX_ID_TOKEN_HINT);
        {
            let mut query = url.query_pairs_mut();
            match hint {
                Some(hint) => query.append_pair("id_token_hint", hint),
                None => query.append_pair("logout_hint", subject),
            };
            query
                .append_pair("client_id", &config.client_id)
                .append_pair("post_logout_redirect_uri", post_logout_redirect_uri.as_str())
                .append_pair("state", state);
        }
        Some(url)
    }
}
