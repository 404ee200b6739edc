//! `GET /.well-known/openid-configuration` and `GET /jwks.json` (OpenID Connect Discovery 1.0).

use crate::error::Failure;
use crate::faults::{Document, Endpoint, Fault};
use crate::id_token::issuer_url;
use crate::{ClientAuth, Config, DevProvider, Error, Personality};
use axum::Json;
use axum::extract::{Path, State};
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use openidconnect::core::{
    CoreAuthDisplay, CoreClaimName, CoreClaimType, CoreClientAuthMethod, CoreGrantType, CoreJsonWebKey,
    CoreJweContentEncryptionAlgorithm, CoreJweKeyManagementAlgorithm, CoreJwsSigningAlgorithm,
    CoreResponseMode, CoreResponseType, CoreSubjectIdentifierType,
};
use openidconnect::{
    AdditionalProviderMetadata, AuthUrl, JsonWebKeySetUrl, ProviderMetadata, ResponseTypes, Scope, TokenUrl,
    UserInfoUrl,
};
use serde::{Deserialize, Serialize};
use serde_json::json;

/// Metadata of this provider beyond OpenID Connect Discovery 1.0.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExtraMetadata {
    /// RP-Initiated Logout 1.0 §2.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    end_session_endpoint: Option<String>,
    /// RFC 8414 §2, for RFC 7009.
    revocation_endpoint: String,
    /// RFC 8414 §2, for RFC 7636.
    code_challenge_methods_supported: Vec<String>,
    /// Back-Channel Logout 1.0 §2.1.
    backchannel_logout_supported: bool,
    /// Back-Channel Logout 1.0 §2.1.
    backchannel_logout_session_supported: bool,
    /// RFC 9207 §3.
    authorization_response_iss_parameter_supported: bool,
    /// Initiating User Registration via OpenID Connect 1.0 §3.1.
    #[serde(skip_serializing_if = "Option::is_none")]
    prompt_values_supported: Option<Vec<String>>,
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

/// `GET /.well-known/openid-configuration`
pub(crate) async fn configuration(State(provider): State<DevProvider>) -> Result<Response, Failure> {
    let issuer = provider.config().issuer();
    describe(&provider, issuer).await
}

/// `GET /{tenant}/v2.0/.well-known/openid-configuration`, the metadata of
/// [`Personality::Entra`](crate::Personality::Entra).
pub(crate) async fn tenant_configuration(
    State(provider): State<DevProvider>,
    Path(tenant): Path<String>,
) -> Result<Response, Failure> {
    match provider.config().tenant_issuer(&tenant) {
        Some(issuer) => describe(&provider, issuer).await,
        None => {
            let body = Json(json!({ "error": "invalid_tenant", "error_description": "no such tenant" }));
            Ok((StatusCode::BAD_REQUEST, body).into_response())
        }
    }
}

async fn describe(provider: &DevProvider, issuer: String) -> Result<Response, Failure> {
    provider.live_counters().discovery.increment();
    if let Some(answer) = provider.apply_faults(Endpoint::Discovery).await {
        return Ok(answer);
    }
    let metadata = metadata(provider, issuer).map_err(|error| Error::Sign(error.to_string()))?;
    let mut metadata = serde_json::to_value(metadata).map_err(|error| Error::Sign(error.to_string()))?;
    provider.faults().change(Document::Discovery, &mut metadata);
    Ok(Json(metadata).into_response())
}

/// `GET /jwks.json`
pub(crate) async fn jwks(State(provider): State<DevProvider>) -> Response {
    provider.live_counters().jwks.increment();
    if let Some(answer) = provider.apply_faults(Endpoint::Jwks).await {
        return answer;
    }
    if provider.faults().is_due(&Fault::StaleKeys) {
        return Json(provider.keys().before()).into_response();
    }
    Json(provider.keys().published()).into_response()
}

const PROTOCOL_CLAIMS: &[&str] = &["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce"];
const PROFILE_CLAIMS: &[&str] = &["name", "given_name", "family_name", "preferred_username", "email"];

fn metadata(provider: &DevProvider, issuer: String) -> Result<Metadata, url::ParseError> {
    let config = provider.config();
    let personality = config.personality;
    let has_logout = personality.has_logout();
    let origin = config.issuer();
    let at = |path: &str| format!("{origin}{path}");
    let more = ExtraMetadata {
        end_session_endpoint: has_logout.then(|| at("/logout")),
        revocation_endpoint: at("/revoke"),
        code_challenge_methods_supported: vec!["S256".to_owned()],
        backchannel_logout_supported: has_logout,
        backchannel_logout_session_supported: has_logout,
        authorization_response_iss_parameter_supported: personality.sends_iss(),
        prompt_values_supported: config.prompt_values.clone(),
    };
    let methods = auth_methods(config);
    let assertion_algorithms = methods.contains(&CoreClientAuthMethod::PrivateKeyJwt).then(|| {
        vec![CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256]
    });
    let claims = match personality {
        Personality::Plain => [PROTOCOL_CLAIMS, &["sid", "email_verified"], PROFILE_CLAIMS].concat(),
        Personality::Entra => [PROTOCOL_CLAIMS, &["sid", "tid"], PROFILE_CLAIMS].concat(),
        Personality::Apple => [PROTOCOL_CLAIMS, &["email", "email_verified"]].concat(),
    };
    let userinfo =
        (personality != Personality::Apple).then(|| UserInfoUrl::new(at("/userinfo"))).transpose()?;
    let mut response_modes = vec![CoreResponseMode::Query];
    if personality.has_form_post() {
        response_modes.push(CoreResponseMode::FormPost);
    }
    Ok(Metadata::new(
        issuer_url(issuer).map_err(|_| url::ParseError::EmptyHost)?,
        AuthUrl::new(at("/authorize"))?,
        JsonWebKeySetUrl::new(at("/jwks.json"))?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public],
        vec![CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256],
        more,
    )
    .set_token_endpoint(Some(TokenUrl::new(at("/token"))?))
    .set_userinfo_endpoint(userinfo)
    .set_scopes_supported(Some(config.scopes().into_iter().map(Scope::new).collect()))
    .set_response_modes_supported(Some(response_modes))
    .set_grant_types_supported(Some(vec![CoreGrantType::AuthorizationCode, CoreGrantType::RefreshToken]))
    .set_token_endpoint_auth_methods_supported(Some(methods))
    .set_token_endpoint_auth_signing_alg_values_supported(assertion_algorithms)
    .set_claims_supported(Some(
        claims.into_iter().map(|claim| CoreClaimName::new(claim.to_owned())).collect(),
    ))
    .set_claims_parameter_supported(Some(false))
    .set_request_parameter_supported(Some(false))
    .set_request_uri_parameter_supported(Some(false)))
}

/// Returns the methods of client authentication. Apple has one method; elsewhere `private_key_jwt` and `none`
/// appear only if a client uses them.
fn auth_methods(config: &Config) -> Vec<CoreClientAuthMethod> {
    if config.personality == Personality::Apple {
        return vec![CoreClientAuthMethod::ClientSecretPost];
    }
    let used = |pick: fn(&ClientAuth) -> bool| config.clients.iter().any(|client| pick(&client.client_auth));
    let mut methods = vec![CoreClientAuthMethod::ClientSecretBasic, CoreClientAuthMethod::ClientSecretPost];
    if used(|auth| matches!(auth, ClientAuth::PrivateKeyJwt { .. })) {
        methods.push(CoreClientAuthMethod::PrivateKeyJwt);
    }
    if used(|auth| *auth == ClientAuth::None) {
        methods.push(CoreClientAuthMethod::None);
    }
    methods
}
