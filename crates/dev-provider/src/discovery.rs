//! `GET /.well-known/openid-configuration` and `GET /jwks.json` (OpenID Connect Discovery 1.0).

use crate::error::Failure;
use crate::faults::{Document, Endpoint, Fault};
use crate::id_token::issuer_url;
use crate::params::SCOPES;
use crate::{ClientAuth, Config, DevProvider, Error};
use axum::Json;
use axum::extract::State;
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

/// Metadata of this provider beyond OpenID Connect Discovery 1.0.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub(crate) struct ExtraMetadata {
    /// RP-Initiated Logout 1.0 §2.1.
    end_session_endpoint: String,
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
    prompt_values_supported: Vec<String>,
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
    provider.live_counters().discovery.increment();
    if let Some(answer) = provider.apply_faults(Endpoint::Discovery).await {
        return Ok(answer);
    }
    let metadata = metadata(&provider).map_err(|error| Error::Sign(error.to_string()))?;
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

fn metadata(provider: &DevProvider) -> Result<Metadata, url::ParseError> {
    let issuer = provider.config().issuer();
    let at = |path: &str| format!("{issuer}{path}");
    let more = ExtraMetadata {
        end_session_endpoint: at("/logout"),
        revocation_endpoint: at("/revoke"),
        code_challenge_methods_supported: vec!["S256".to_owned()],
        backchannel_logout_supported: true,
        backchannel_logout_session_supported: true,
        authorization_response_iss_parameter_supported: true,
        prompt_values_supported: ["none", "login", "select_account"].map(str::to_owned).to_vec(),
    };
    let methods = auth_methods(provider.config());
    let assertion_algorithms = methods.contains(&CoreClientAuthMethod::PrivateKeyJwt).then(|| {
        vec![CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256, CoreJwsSigningAlgorithm::EcdsaP256Sha256]
    });
    let claims = ["sub", "iss", "aud", "exp", "iat", "auth_time", "nonce", "sid", "name", "given_name"];
    let claims = claims.into_iter().chain(["family_name", "preferred_username", "email", "email_verified"]);
    Ok(Metadata::new(
        issuer_url(provider.config()).map_err(|_| url::ParseError::EmptyHost)?,
        AuthUrl::new(at("/authorize"))?,
        JsonWebKeySetUrl::new(at("/jwks.json"))?,
        vec![ResponseTypes::new(vec![CoreResponseType::Code])],
        vec![CoreSubjectIdentifierType::Public],
        vec![CoreJwsSigningAlgorithm::RsaSsaPkcs1V15Sha256],
        more,
    )
    .set_token_endpoint(Some(TokenUrl::new(at("/token"))?))
    .set_userinfo_endpoint(Some(UserInfoUrl::new(at("/userinfo"))?))
    .set_scopes_supported(Some(SCOPES.iter().map(|scope| Scope::new((*scope).to_owned())).collect()))
    .set_response_modes_supported(Some(vec![CoreResponseMode::Query]))
    .set_grant_types_supported(Some(vec![CoreGrantType::AuthorizationCode, CoreGrantType::RefreshToken]))
    .set_token_endpoint_auth_methods_supported(Some(methods))
    .set_token_endpoint_auth_signing_alg_values_supported(assertion_algorithms)
    .set_claims_supported(Some(claims.map(|claim| CoreClaimName::new(claim.to_owned())).collect()))
    .set_claims_parameter_supported(Some(false))
    .set_request_parameter_supported(Some(false))
    .set_request_uri_parameter_supported(Some(false)))
}

/// Returns the methods of client authentication. `private_key_jwt` and `none` appear only if a client uses
/// them.
fn auth_methods(config: &Config) -> Vec<CoreClientAuthMethod> {
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
