//! GitHub: plain OAuth 2.0. No ID token, so the user comes from its API with the fresh access token,
//! over TLS from the server itself: nobody else can have answered.

use super::{
    Endpoints, ProviderConfig, Refreshed, Unavailable,
    oidc::expiry,
    token::{self, exchange},
};
use crate::{
    flow::{Authorized, FlowError},
    http::HttpClient,
    session::{NewSession, Tokens, User},
};
use chrono::{DateTime, Utc};
use oauth2::{AuthType, TokenResponse, TokenUrl, basic::BasicTokenResponse};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::Map;
use url::Url;

/// The part of `GET /user` that we read.
#[derive(Deserialize)]
struct GitHubUser {
    id: u64,
    login: String,
    name: Option<String>,
    email: Option<String>,
    avatar_url: Option<String>,
}

fn join(base: &Url, path: &str) -> Result<Url, Unavailable> {
    base.join(path).map_err(|_| Unavailable)
}

/// github.com keeps its API on a host of its own, an Enterprise server under `/api/v3`.
pub(super) fn api_user(base: &Url) -> Result<Url, Unavailable> {
    if base.host_str() == Some("github.com") {
        return Url::parse("https://api.github.com/user").map_err(|_| Unavailable);
    }
    join(base, "/api/v3/user")
}

pub(super) fn endpoints(base: &Url) -> Result<Endpoints, Unavailable> {
    Ok(Endpoints {
        issuer: base.as_str().trim_end_matches('/').to_owned(),
        iss_required: false,
        authorization_endpoint: join(base, "/login/oauth/authorize")?,
        end_session_endpoint: None,
    })
}

/// Exchanges the code and asks who it is.
///
/// # Errors
/// A [`FlowError`] that names the rule.
pub(super) async fn finish(
    config: &ProviderConfig,
    base: &Url,
    http: &HttpClient,
    now: DateTime<Utc>,
    authorized: Authorized,
) -> Result<NewSession, FlowError> {
    let issuer = endpoints(base)?.issuer;
    let endpoint = TokenUrl::from_url(join(base, "/login/oauth/access_token")?);
    let answer: BasicTokenResponse = exchange(config, endpoint, AuthType::RequestBody, http, &authorized)
        .await
        .map_err(|error| match error {
            // GitHub reports a refused code with status 200, which reads as a broken answer.
            FlowError::BadTokenAnswer => FlowError::InvalidGrant,
            other => other,
        })?;
    let user = ask_user(base, http, answer.access_token().secret()).await?;
    Ok(NewSession {
        provider: config.id.clone(),
        issuer,
        subject: user.id.to_string(),
        sid: None,
        issued_at: now,
        user: User { name: user.name.or(Some(user.login)), email: user.email, picture: user.avatar_url },
        // GitHub's API does not say whether the address was verified.
        claims: Map::new(),
        tokens: Tokens {
            access_token: Some(SecretString::from(answer.access_token().secret().clone())),
            access_expires_at: expiry(answer.expires_in(), now),
            refresh_token: answer.refresh_token().map(|token| SecretString::from(token.secret().clone())),
            id_token: None,
        },
        ends_by: None,
    })
}

/// Renews the tokens, where the app at GitHub lets them expire.
///
/// # Errors
/// A [`FlowError`] that names the rule.
pub(super) async fn refresh(
    config: &ProviderConfig,
    base: &Url,
    http: &HttpClient,
    now: DateTime<Utc>,
    refresh_token: &SecretString,
) -> Result<Refreshed, FlowError> {
    let endpoint = TokenUrl::from_url(join(base, "/login/oauth/access_token")?);
    let answer: BasicTokenResponse =
        token::refresh(config, endpoint, AuthType::RequestBody, http, refresh_token).await?;
    Ok(Refreshed {
        access_token: SecretString::from(answer.access_token().secret().clone()),
        access_expires_at: expiry(answer.expires_in(), now),
        refresh_token: answer.refresh_token().map(|token| SecretString::from(token.secret().clone())),
        id_token: None,
    })
}

async fn ask_user(base: &Url, http: &HttpClient, access_token: &str) -> Result<GitHubUser, FlowError> {
    let endpoint = api_user(base)?;
    let request = token::bearer_request(&endpoint, &access_token.into(), "application/vnd.github+json")
        .ok_or(Unavailable)?;
    let answer = http.send(request).await.map_err(|error| {
        tracing::warn!(%error, "GitHub's API did not answer");
        Unavailable
    })?;
    if !answer.status().is_success() {
        tracing::warn!(status = %answer.status(), "GitHub's API did not tell who it is");
        return Err(Unavailable.into());
    }
    serde_json::from_slice(answer.body()).map_err(|_| FlowError::BadTokenAnswer)
}
