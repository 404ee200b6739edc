//! OpenID Connect: a code becomes tokens, and the ID token a verified user.

use super::{
    Discovered, IdTokenError, Kind, ProviderConfig, Refreshed, Unavailable,
    discovery::Discovery,
    token::{self, exchange},
    verify::{OidcClaims, OidcIdToken, SidClaim, verify},
};
use crate::{
    clock::Clock,
    flow::{Authorized, FlowError},
    http::HttpClient,
    logout::{Expected, LogoutRefusal, LogoutToken, LogoutTokenError},
    session::{NewSession, SessionRecord, Tokens, User},
};
use chrono::{DateTime, TimeDelta, Utc};
use openidconnect::{
    AuthType, EmptyExtraTokenFields, IdTokenFields, IssuerUrl, OAuth2TokenResponse, StandardTokenResponse,
    core::{CoreGenderClaim, CoreJweContentEncryptionAlgorithm, CoreJwsSigningAlgorithm, CoreTokenType},
};
use secrecy::SecretString;
use serde::Deserialize;
use serde_json::{Map, Value};

type TokenAnswer = StandardTokenResponse<
    IdTokenFields<
        SidClaim,
        EmptyExtraTokenFields,
        CoreGenderClaim,
        CoreJweContentEncryptionAlgorithm,
        CoreJwsSigningAlgorithm,
    >,
    CoreTokenType,
>;

/// Exchanges the code and verifies what comes back.
///
/// # Errors
/// A [`FlowError`] that names the rule.
pub(super) async fn finish(
    config: &ProviderConfig,
    discovery: &Discovery,
    http: &HttpClient,
    clock: &Clock,
    authorized: Authorized,
) -> Result<NewSession, FlowError> {
    let Kind::Oidc { issuer } = &config.kind else {
        return Err(FlowError::Unavailable(Unavailable));
    };
    let discovered = discovery.get().await?;
    let auth_type = if discovered.client_secret_basic { AuthType::BasicAuth } else { AuthType::RequestBody };
    let answer: TokenAnswer =
        exchange(config, discovered.token.clone(), auth_type, http, &authorized).await?;
    let now = clock.now();
    let id_token = answer.extra_fields().id_token().ok_or(IdTokenError::Missing)?;
    let claims = verified(config, issuer, &discovered, id_token, Some(&authorized.nonce), now).await?;
    let (user, claims_of_user) = user_of(&claims, &answer, &discovered, http).await;
    Ok(NewSession {
        provider: config.id.clone(),
        issuer: claims.issuer().as_str().to_owned(),
        subject: claims.subject().as_str().to_owned(),
        sid: claims.additional_claims().sid.clone(),
        issued_at: claims.issue_time(),
        user,
        claims: claims_of_user,
        tokens: tokens_of(&answer, id_token, now),
        ends_by: None,
    })
}

/// Renews the tokens. A new ID token must be about the same user (OpenID Connect Core §12.2).
///
/// # Errors
/// A [`FlowError`] that names the rule.
pub(super) async fn refresh(
    config: &ProviderConfig,
    discovery: &Discovery,
    http: &HttpClient,
    clock: &Clock,
    refresh_token: &SecretString,
    record: &SessionRecord,
) -> Result<Refreshed, FlowError> {
    let Kind::Oidc { issuer } = &config.kind else { return Err(FlowError::Unavailable(Unavailable)) };
    let discovered = discovery.get().await?;
    let auth_type = if discovered.client_secret_basic { AuthType::BasicAuth } else { AuthType::RequestBody };
    let answer: TokenAnswer =
        token::refresh(config, discovered.token.clone(), auth_type, http, refresh_token).await?;
    let now = clock.now();
    let id_token = answer.extra_fields().id_token();
    if let Some(id_token) = id_token {
        let claims = verified(config, issuer, &discovered, id_token, None, now).await?;
        if claims.subject().as_str() != record.subject {
            return Err(IdTokenError::Claims.into());
        }
    }
    Ok(Refreshed {
        access_token: SecretString::from(answer.access_token().secret().clone()),
        access_expires_at: expiry(answer.expires_in(), now),
        refresh_token: answer.refresh_token().map(|token| SecretString::from(token.secret().clone())),
        id_token: id_token.map(|token| SecretString::from(token.to_string())),
    })
}

/// Checks a logout token of this provider.
///
/// # Errors
/// A [`LogoutRefusal`].
pub(super) async fn check_logout_token(
    config: &ProviderConfig,
    discovered: &Discovered,
    text: &str,
    now: DateTime<Utc>,
) -> Result<LogoutToken, LogoutRefusal> {
    let issuer = &discovered.endpoints.issuer;
    let expected = Expected { issuer, audience: &config.client_id, typ_required: false };
    let check = |jwks: &_| LogoutToken::verify(text, &expected, jwks, now);
    Ok(discovered.keys.check(|error| *error == LogoutTokenError::UnknownKey, check).await??)
}

/// Tells the provider that a refresh token is not needed any more (RFC 7009 §2.1), with everything that
/// was got with it. It is no matter when that fails: nobody has the token any more.
pub(super) async fn revoke(
    config: &ProviderConfig,
    discovered: &Discovered,
    http: &HttpClient,
    refresh_token: &SecretString,
) {
    let Some(endpoint) = &discovered.revocation else { return };
    match token::revoke(config, endpoint, discovered.client_secret_basic, http, refresh_token).await {
        Ok(status) if status.is_success() => {}
        Ok(status) => tracing::warn!(status = status.as_u16(), "a refresh token was not revoked"),
        Err(error) => tracing::warn!(%error, "a refresh token was not revoked"),
    }
}

/// When a token ends that lives this long from now.
pub(super) fn expiry(lifetime: Option<std::time::Duration>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    lifetime
        .and_then(|lifetime| TimeDelta::from_std(lifetime).ok())
        .and_then(|lifetime| now.checked_add_signed(lifetime))
}

async fn verified(
    config: &ProviderConfig,
    issuer: &IssuerUrl,
    discovered: &Discovered,
    id_token: &OidcIdToken,
    nonce: Option<&str>,
    now: DateTime<Utc>,
) -> Result<OidcClaims, FlowError> {
    let check = |jwks: &_| verify(id_token, &config.client_id, issuer, jwks, nonce, now);
    Ok(discovered.keys.check(|error| *error == IdTokenError::UnknownKey, check).await??)
}

/// The user from the ID token; from `/userinfo` where the ID token says nothing about them. A failing
/// `/userinfo` costs the name, not the sign-in. With all the claims that led to them.
async fn user_of(
    claims: &OidcClaims,
    answer: &TokenAnswer,
    discovered: &Discovered,
    http: &HttpClient,
) -> (User, Map<String, Value>) {
    let mut all = match serde_json::to_value(claims) {
        Ok(Value::Object(all)) => all,
        _ => Map::new(),
    };
    let from_token = User {
        name: claims.name().and_then(|name| name.get(None)).map(|name| name.as_str().to_owned()),
        email: claims.email().map(|email| email.as_str().to_owned()),
        picture: claims
            .picture()
            .and_then(|picture| picture.get(None))
            .map(|picture| picture.as_str().to_owned()),
    };
    if from_token != User::default() {
        return (from_token, all);
    }
    let Some(endpoint) = &discovered.userinfo else {
        return (from_token, all);
    };
    match userinfo(endpoint.url(), answer.access_token().secret(), http).await {
        // The answer must be about the same user (OpenID Connect Core §5.3.2).
        Some(told) if told.sub == claims.subject().as_str() => {
            // `email_verified` is a word about the address beside it, and about no other: both come from here.
            for name in ["email", "email_verified"] {
                all.remove(name);
            }
            if let Some(email) = &told.user.email {
                all.insert("email".to_owned(), Value::String(email.clone()));
            }
            // For the rest the ID token's word stands.
            for (name, value) in told.others {
                all.entry(name).or_insert(value);
            }
            (told.user, all)
        }
        _ => {
            tracing::warn!("userinfo gave nothing usable; going on with the ID token alone");
            (from_token, all)
        }
    }
}

/// The part of `/userinfo` that we read (OpenID Connect Core §5.3.2).
#[derive(Deserialize)]
struct UserInfo {
    sub: String,
    #[serde(flatten)]
    user: User,
    #[serde(flatten)]
    others: Map<String, Value>,
}

async fn userinfo(endpoint: &url::Url, access_token: &str, http: &HttpClient) -> Option<UserInfo> {
    let request = token::bearer_request(endpoint, &access_token.into(), "application/json")?;
    let answer = http.send(request).await.ok()?;
    answer.status().is_success().then(|| serde_json::from_slice(answer.body()).ok()).flatten()
}

fn tokens_of(answer: &TokenAnswer, id_token: &OidcIdToken, now: DateTime<Utc>) -> Tokens {
    Tokens {
        access_token: Some(SecretString::from(answer.access_token().secret().clone())),
        access_expires_at: expiry(answer.expires_in(), now),
        refresh_token: answer.refresh_token().map(|token| SecretString::from(token.secret().clone())),
        id_token: Some(SecretString::from(id_token.to_string())),
    }
}
