//! GitHub: plain OAuth 2.0, without ID tokens.
//!
//! The server itself fetches the user from GitHub's API with the fresh access token, over TLS. So only
//! GitHub can have answered.

use super::{
    Endpoints, Issuers, Refreshed, RelyingParty, Unavailable,
    oidc::{expiry, refreshed},
    token::{self, TokenEndpoint},
};
use crate::{
    flow::{Authorized, FlowError},
    http::HttpClient,
    session::{NewSession, Tokens, User},
};
use openidconnect::IssuerUrl;
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};
use url::Url;

/// The fields of `GET /user` that the app uses.
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

/// The URL of the user API: github.com has a separate API host, an Enterprise server has `/api/v3`.
pub(super) fn api_user(base: &Url) -> Result<Url, Unavailable> {
    if base.host_str() == Some("github.com") {
        return Url::parse("https://api.github.com/user").map_err(|_| Unavailable);
    }
    join(base, "/api/v3/user")
}

pub(super) fn endpoints(base: &Url) -> Result<Endpoints, Unavailable> {
    Ok(Endpoints {
        issuers: Issuers::one(IssuerUrl::new(issuer_of(base)).map_err(|_| Unavailable)?),
        iss_required: false,
        authorization_endpoint: join(base, "/login/oauth/authorize")?,
        end_session_endpoint: None,
        account_prompt: None,
        supports_silent: false,
        offers_offline_access: false,
    })
}

/// What sessions name as their issuer.
pub(super) fn issuer_of(base: &Url) -> String {
    base.as_str().trim_end_matches('/').to_owned()
}

/// Exchanges the code and fetches the user.
///
/// # Errors
/// A [`FlowError`] that names the broken rule.
pub(super) async fn finish(
    party: RelyingParty<'_>,
    base: &Url,
    authorized: Authorized,
) -> Result<NewSession, FlowError> {
    let RelyingParty { config, http, .. } = party;
    let issuer = issuer_of(base);
    let url = join(base, "/login/oauth/access_token")?;
    let answer = endpoint(party, &issuer, &url).exchange(&authorized).await?;
    let now = party.clock.now();
    let mut user = fetch_user(base, http, &answer.access_token).await?;
    let verified = verified_email(base, http, &answer.access_token).await;
    // GitHub hides a private address from the profile; the verified primary address belongs to the user too.
    user.email = user.email.or_else(|| verified.clone());
    let is_verified = verified.is_some() && user.email == verified;
    let mut claims = Map::new();
    if let Some(email) = &user.email {
        claims.insert("email".to_owned(), Value::String(email.clone()));
        claims.insert("email_verified".to_owned(), Value::Bool(is_verified));
    }
    Ok(NewSession {
        provider: config.id.clone(),
        issuer,
        subject: user.id.to_string(),
        sid: None,
        issued_at: now,
        begun_at: authorized.begun_at,
        is_automatic: authorized.is_automatic,
        browser: None,
        user: User { name: user.name.or(Some(user.login)), email: user.email, picture: user.avatar_url },
        claims,
        tokens: Tokens {
            access_expires_at: expiry(answer.expires_in, now),
            access_token: Some(answer.access_token),
            refresh_token: answer.refresh_token,
            id_token: None,
        },
        ends_by: None,
    })
}

/// Renews the tokens. Only GitHub apps with expiring user tokens get a refresh token.
///
/// # Errors
/// A [`FlowError`] that names the broken rule.
pub(super) async fn refresh(
    party: RelyingParty<'_>,
    base: &Url,
    refresh_token: &SecretString,
) -> Result<Refreshed, FlowError> {
    let url = join(base, "/login/oauth/access_token")?;
    let answer = endpoint(party, &issuer_of(base), &url).refresh(refresh_token).await?;
    Ok(refreshed(answer, party.clock.now()))
}

/// The token endpoint. GitHub reports a refused code or refresh token with status 200 and non-standard
/// error names (docs.github.com, "Troubleshooting OAuth app access token request errors" and
/// "Refreshing user access tokens").
fn endpoint<'a>(party: RelyingParty<'a>, issuer: &'a str, url: &'a Url) -> TokenEndpoint<'a> {
    let refused_grants = &["bad_verification_code", "bad_refresh_token"];
    TokenEndpoint { party, issuer, url, supports_basic: false, refused_grants }
}

/// Returns the primary address if GitHub has verified it (`GET /user/emails`).
///
/// Best effort: without the scope `user:email` the result is `None`.
async fn verified_email(base: &Url, http: &HttpClient, access_token: &SecretString) -> Option<String> {
    #[derive(Deserialize)]
    struct Address {
        email: String,
        primary: bool,
        verified: bool,
    }
    let url = Url::parse(&format!("{}/emails", api_user(base).ok()?)).ok()?;
    let request = token::bearer_request(&url, access_token, "application/vnd.github+json")?;
    let answer = http.send(request).await.ok().filter(|answer| answer.status().is_success())?;
    let addresses: Vec<Address> = serde_json::from_slice(answer.body()).ok()?;
    addresses.into_iter().find(|address| address.primary && address.verified).map(|address| address.email)
}

async fn fetch_user(
    base: &Url,
    http: &HttpClient,
    access_token: &SecretString,
) -> Result<GitHubUser, FlowError> {
    let endpoint = api_user(base)?;
    let request =
        token::bearer_request(&endpoint, access_token, "application/vnd.github+json").ok_or(Unavailable)?;
    let answer = http.send(request).await.map_err(|error| {
        tracing::warn!(%error, "GitHub API unavailable");
        Unavailable
    })?;
    if !answer.status().is_success() {
        tracing::warn!(status = %answer.status(), "GitHub API refused the user request");
        return Err(Unavailable.into());
    }
    serde_json::from_slice(answer.body()).map_err(|_| FlowError::BadTokenAnswer)
}
