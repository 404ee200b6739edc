//! OpenID Connect: exchanges codes and refresh tokens, and verifies ID tokens.

use super::{
    Discovered, ProviderConfig, Refreshed, RelyingParty,
    discovery::Discovery,
    issuers::Issuers,
    profile,
    token::{self, TokenAnswer, TokenEndpoint},
    verify::{Expected as ExpectedIdToken, IdToken, verify},
};
use crate::{
    flow::{Authorized, FlowError},
    flow_trace::{self, StepKind},
    http::HttpClient,
    jws::{Claims, Jws, TokenRule},
    provider::keys::KeyRequester,
    session::{NewSession, SessionRecord, Tokens},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::header::CONTENT_TYPE;
use openidconnect::{UserInfoUrl, core::CoreJsonWebKeySet};
use secrecy::SecretString;
use serde_json::{Map, Value};

/// Exchanges the code and verifies the ID token.
///
/// # Errors
/// A [`FlowError`] that names the broken rule.
pub(super) async fn finish(
    party: RelyingParty<'_>,
    issuers: &Issuers,
    discovery: &Discovery,
    authorized: Authorized,
) -> Result<NewSession, FlowError> {
    let RelyingParty { config, http, clock, .. } = party;
    let discovered = discovery.get().await?;
    let answer = endpoint(party, &discovered).exchange(&authorized).await?;
    let now = clock.now();
    let text = answer.id_token.as_deref().ok_or(TokenRule::Missing)?;
    let id_token = verified(config, issuers, &discovered, text, Some(&authorized.nonce), now).await?;
    flow_trace::step(StepKind::IdTokenVerified);
    let claims = claims_of(&id_token, &answer, config, &discovered, http).await;
    Ok(NewSession {
        provider: config.id.clone(),
        issuer: id_token.issuer,
        subject: id_token.subject,
        sid: id_token.sid,
        issued_at: id_token.issued_at,
        begun_at: authorized.begun_at,
        is_automatic: authorized.is_automatic,
        browser: None,
        user: profile::user(&claims),
        claims,
        tokens: tokens_of(answer, now),
        ends_by: None,
    })
}

fn endpoint<'a>(party: RelyingParty<'a>, discovered: &'a Discovered) -> TokenEndpoint<'a> {
    TokenEndpoint {
        party,
        issuer: discovered.endpoints.issuers.configured().as_str(),
        url: discovered.token.url(),
        supports_basic: discovered.supports_basic,
        refused_grants: &[],
    }
}

/// Renews the tokens. A new ID token must name the same user (OpenID Connect Core §12.2).
///
/// An ID token that cannot be verified is ignored. The new tokens are kept anyway, because the provider has
/// already retired the old ones.
///
/// # Errors
/// A [`FlowError`] that names the broken rule.
pub(super) async fn refresh(
    party: RelyingParty<'_>,
    issuers: &Issuers,
    discovery: &Discovery,
    refresh_token: &SecretString,
    record: &SessionRecord,
) -> Result<Refreshed, FlowError> {
    let RelyingParty { config, clock, .. } = party;
    let discovered = discovery.get().await?;
    let answer = endpoint(party, &discovered).refresh(refresh_token).await?;
    let now = clock.now();
    let id_token = match &answer.id_token {
        None => None,
        Some(text) => match verified(config, issuers, &discovered, text, None, now).await {
            Ok(id_token) if id_token.is_about(record) => {
                flow_trace::step(StepKind::IdTokenVerified);
                Some(text.clone())
            }
            Ok(_) | Err(FlowError::IdToken(TokenRule::Issuer)) => return Err(FlowError::AnotherUser),
            Err(error) => {
                tracing::warn!(
                    provider = config.id,
                    rule = %error,
                    session = record.public_id,
                    "ID token from refresh ignored"
                );
                None
            }
        },
    };
    Ok(Refreshed { id_token: id_token.map(SecretString::from), ..refreshed(answer, now) })
}

/// The tokens of a refresh answer, without the ID token.
pub(super) fn refreshed(answer: TokenAnswer, now: DateTime<Utc>) -> Refreshed {
    Refreshed {
        access_expires_at: expiry(answer.expires_in, now),
        access_token: answer.access_token,
        refresh_token: answer.refresh_token,
        id_token: None,
    }
}

/// Revokes a refresh token together with all tokens that came from it (RFC 7009 §2.1). Best effort: the app
/// has deleted its own copy by now.
pub(super) async fn revoke(party: RelyingParty<'_>, discovered: &Discovered, refresh_token: &SecretString) {
    let Some(revocation) = &discovered.revocation else { return };
    match endpoint(party, discovered).revoke(revocation, refresh_token).await {
        Ok(status) if status.is_success() => {}
        Ok(status) => tracing::warn!(status = status.as_u16(), "refresh token not revoked"),
        Err(error) => tracing::warn!(%error, "refresh token not revoked"),
    }
}

/// When a token with this lifetime expires.
pub(super) fn expiry(lifetime: Option<std::time::Duration>, now: DateTime<Utc>) -> Option<DateTime<Utc>> {
    lifetime
        .and_then(|lifetime| TimeDelta::from_std(lifetime).ok())
        .and_then(|lifetime| now.checked_add_signed(lifetime))
}

async fn verified(
    config: &ProviderConfig,
    issuers: &Issuers,
    discovered: &Discovered,
    text: &str,
    nonce: Option<&str>,
    now: DateTime<Utc>,
) -> Result<IdToken, FlowError> {
    let expected = ExpectedIdToken {
        issuers,
        client_id: &config.client_id,
        audiences: &config.audiences,
        nonce,
        // A refresh is no new sign-in.
        max_age: config.max_age().filter(|_| nonce.is_some()),
        tolerance: config.clock_tolerance,
    };
    let check = |jwks: &CoreJsonWebKeySet| verify(text, &expected, jwks, now);
    let checked = discovered.keys.check(KeyRequester::Provider, check).await?;
    if matches!(checked, Err(TokenRule::Audience)) {
        tracing::warn!(
            provider = config.id,
            "ID token for other audiences; if they are yours, list them in AUTH_<NAME>_AUDIENCES"
        );
    }
    Ok(checked?)
}

/// The ID token's claims, completed, and with `email_verified` if the configuration trusts the address.
async fn claims_of(
    id_token: &IdToken,
    answer: &TokenAnswer,
    config: &ProviderConfig,
    discovered: &Discovered,
    http: &HttpClient,
) -> Map<String, Value> {
    let (mut claims, is_complete) = completed(id_token, answer, config, discovered, http).await;
    // Without the answer of `/userinfo`, the provider may have said that the address is not verified.
    if config.trusts_email && is_complete {
        profile::trust_email(&mut claims);
    }
    claims
}

/// The ID token's claims, completed from `/userinfo` if profile claims are missing. If `/userinfo` fails, the
/// sign-in continues without its claims; the second value is then `false`.
async fn completed(
    id_token: &IdToken,
    answer: &TokenAnswer,
    config: &ProviderConfig,
    discovered: &Discovered,
    http: &HttpClient,
) -> (Map<String, Value>, bool) {
    let mut claims = id_token.claims.clone();
    profile::normalise(&mut claims);
    let Some(endpoint) = discovered.userinfo.as_ref().filter(|_| profile::lacks_profile_claims(&claims))
    else {
        return (claims, true);
    };
    match userinfo(endpoint, &answer.access_token, discovered, http).await {
        // The answer must name the same user (OpenID Connect Core §5.3.2).
        Some(told) if told.get("sub").and_then(Value::as_str) == Some(&id_token.subject) => {
            profile::merge(&mut claims, told);
            return (claims, true);
        }
        Some(_) => {
            tracing::warn!(
                provider = config.id,
                rule = "userinfo_subject",
                "userinfo of another user ignored"
            );
        }
        None => tracing::warn!(provider = config.id, "userinfo unusable; continuing with the ID token alone"),
    }
    (claims, false)
}

/// The claims at `/userinfo`: JSON, or a JWT that the provider signed (OpenID Connect Core §5.3.2).
async fn userinfo(
    endpoint: &UserInfoUrl,
    access_token: &SecretString,
    discovered: &Discovered,
    http: &HttpClient,
) -> Option<Map<String, Value>> {
    let request = token::bearer_request(endpoint.url(), access_token, "application/json, application/jwt")?;
    let answer = http.send(request).await.ok().filter(|answer| answer.status().is_success())?;
    let content_type =
        answer.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if !content_type.to_ascii_lowercase().starts_with("application/jwt") {
        return serde_json::from_slice(answer.body()).ok();
    }
    let text = std::str::from_utf8(answer.body()).ok()?.trim();
    let check = |jwks: &CoreJsonWebKeySet| Jws::parse(text).and_then(|jws| jws.verified(jwks));
    let claims = Claims(discovered.keys.check(KeyRequester::Provider, check).await.ok()?.ok()?);
    let issuer = claims.text("iss").ok()?;
    issuer.is_none_or(|issuer| discovered.endpoints.issuers.contains(issuer)).then_some(claims.0)
}

fn tokens_of(answer: TokenAnswer, now: DateTime<Utc>) -> Tokens {
    Tokens {
        access_expires_at: expiry(answer.expires_in, now),
        access_token: Some(answer.access_token),
        refresh_token: answer.refresh_token,
        id_token: answer.id_token.map(SecretString::from),
    }
}
