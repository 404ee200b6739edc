//! A provider's endpoints, and the URLs at which a visitor signs in and out there.

use super::{Issuers, Kind, ProviderConfig, preset::SELECT_ACCOUNT};
use crate::flow::AuthorizeHints;
use secrecy::{ExposeSecret, SecretString};
use url::{Url, form_urlencoded};

/// Longest `id_token_hint` in a URL, bytes. Many servers accept 8 KB for the whole request
/// line, some accept less.
const MAX_ID_TOKEN_HINT: usize = 2048;

/// Longest authorization request with an `id_token_hint`, bytes. The answer that redirects there also sets cookies, and
/// nginx has 4 KB for all headers of an answer unless it is told otherwise.
const MAX_URL_WITH_HINT: usize = 2500;

/// The scope for refresh tokens that outlive the provider's session (OpenID Connect Core §11).
pub(super) const OFFLINE_ACCESS: &str = "offline_access";

/// A provider's endpoints, and the features that flows depend on.
#[derive(Clone, Debug)]
pub struct Endpoints {
    /// The issuers that the provider's tokens may name, also the values that RFC 9207's `iss` may have.
    pub issuers: Issuers,
    /// Whether the provider promised to send `iss` with every authorization response.
    pub iss_required: bool,
    /// Where the visitor is sent to sign in.
    pub authorization_endpoint: Url,
    /// Where the visitor is sent to sign out (RP-Initiated Logout 1.0 §2.1), if the
    /// provider has such an endpoint.
    pub end_session_endpoint: Option<Url>,
    /// The `prompt` that lets the visitor choose another account, if the provider's metadata list prompts.
    pub account_prompt: Option<&'static str>,
    /// Whether the provider accepts `prompt=none`: unless its metadata list prompts without `none`.
    pub supports_silent: bool,
    /// Whether the provider's metadata list the scope `offline_access`.
    pub offers_offline_access: bool,
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
    pub hints: &'a AuthorizeHints,
    /// The ID token of the session that a silent sign-in asks about. Some providers insist on it. It is left
    /// out if it would make the URL too long.
    pub id_token_hint: Option<&'a SecretString>,
    /// What the app asks for that signs in through identity.
    pub of_app: &'a AppRequest,
}

/// What one app asks for at the provider, in place of the provider's configuration.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct AppRequest {
    /// The app's own client at the provider; `None`: that of the provider's configuration.
    pub client_id: Option<String>,
    /// Scopes, space-separated; `None`: those of the provider's configuration.
    pub scopes: Option<String>,
    /// Further parameters. A parameter here goes before a configured parameter of the same name.
    pub params: Vec<(String, String)>,
}

impl Endpoints {
    /// The authorization request as a URL (OpenID Connect Core §3.1.2.1).
    #[must_use]
    pub fn authorize_url(&self, config: &ProviderConfig, params: &AuthorizeParams<'_>) -> Url {
        let is_oidc = matches!(config.kind, Kind::Oidc { .. });
        let mut url = self.authorization_endpoint.clone();
        let mut query = url.query_pairs_mut();
        query
            .append_pair("response_type", "code")
            .append_pair("client_id", params.of_app.client_id.as_ref().unwrap_or(&config.client_id))
            .append_pair("redirect_uri", params.redirect_uri.as_str())
            .append_pair("scope", &self.scopes(config, params.of_app))
            .append_pair("state", params.state)
            .append_pair("code_challenge", params.code_challenge)
            .append_pair("code_challenge_method", "S256");
        if is_oidc {
            query.append_pair("nonce", params.nonce);
        }
        // GitHub knows one `prompt` (docs.github.com, "Authorizing OAuth apps").
        let hints: Vec<_> =
            params.hints.iter().filter(|hint| is_oidc || *hint == ("prompt", SELECT_ACCOUNT)).collect();
        query.extend_pairs(&hints);
        let chosen = |name: &str| hints.iter().any(|(hint, _)| *hint == name);
        let by_app = &params.of_app.params;
        let configured =
            config.params.iter().filter(|(name, _)| !by_app.iter().any(|(other, _)| other == name));
        query.extend_pairs(configured.chain(by_app).filter(|(name, _)| !chosen(name)));
        drop(query);
        let length = |hint: &&SecretString| url.as_str().len() + hint.expose_secret().len();
        let hint = params.id_token_hint.filter(|hint| is_oidc && length(hint) <= MAX_URL_WITH_HINT);
        append_hint(&mut url.query_pairs_mut(), hint);
        url
    }

    /// The requested scopes.
    #[must_use]
    pub fn scopes(&self, config: &ProviderConfig, of_app: &AppRequest) -> String {
        let scopes = of_app.scopes.as_ref().unwrap_or(&config.scopes);
        let adds = of_app.scopes.is_none()
            && config.offline_access
            && self.offers_offline_access
            && !scopes.split(' ').any(|scope| scope == OFFLINE_ACCESS);
        if adds { format!("{scopes} {OFFLINE_ACCESS}") } else { scopes.clone() }
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
        let mut url = self.end_session_endpoint.clone()?;
        {
            let mut query = url.query_pairs_mut();
            if !append_hint(&mut query, id_token_hint) {
                query.append_pair("logout_hint", subject);
            }
            query
                .append_pair("client_id", &config.client_id)
                .append_pair(config.post_logout_param, post_logout_redirect_uri.as_str())
                .append_pair("state", state);
        }
        Some(url)
    }
}

/// Appends an `id_token_hint` that is short enough. Returns whether it did.
fn append_hint(
    query: &mut form_urlencoded::Serializer<'_, impl form_urlencoded::Target>,
    hint: Option<&SecretString>,
) -> bool {
    let hint = hint.map(ExposeSecret::expose_secret).filter(|hint| is_short_hint(hint));
    if let Some(hint) = hint {
        query.append_pair("id_token_hint", hint);
    }
    hint.is_some()
}

/// Whether an `id_token_hint` fits into a URL.
pub(crate) fn is_short_hint(hint: &str) -> bool {
    hint.len() <= MAX_ID_TOKEN_HINT
}
