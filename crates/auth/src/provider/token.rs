//! The request to a token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5).

use super::{ProviderConfig, Standing, Unavailable};
use crate::{
    flow::{Authorized, FlowError},
    http::{HttpClient, HttpError},
};
use ::http::{Request, StatusCode, header};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, PkceCodeVerifier, RedirectUrl, RefreshToken,
    RequestTokenError, StandardErrorResponse, TokenUrl,
    core::{
        CoreErrorResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse,
    },
};
use secrecy::{ExposeSecret, SecretString};
use std::borrow::Cow;
use url::Url;

type TokenClient<Answer> = oauth2::Client<
    StandardErrorResponse<CoreErrorResponseType>,
    Answer,
    CoreTokenIntrospectionResponse,
    CoreRevocableToken,
    CoreRevocationErrorResponse,
>;

/// Exchanges a code for tokens.
///
/// # Errors
/// What the endpoint's refusal means.
pub(super) async fn exchange<Answer: oauth2::TokenResponse>(
    config: &ProviderConfig,
    endpoint: TokenUrl,
    auth_type: AuthType,
    http: &HttpClient,
    authorized: &Authorized,
) -> Result<Answer, FlowError> {
    client::<Answer>(config, auth_type)
        .set_token_uri(endpoint)
        .exchange_code(AuthorizationCode::new(authorized.code.expose_secret().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(authorized.code_verifier.expose_secret().to_owned()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(authorized.redirect_uri.clone())))
        .request_async(http)
        .await
        .map_err(|error| refusal(&error))
}

/// Exchanges a refresh token for new tokens (RFC 6749 §6).
///
/// # Errors
/// What the endpoint's refusal means.
pub(super) async fn refresh<Answer: oauth2::TokenResponse>(
    config: &ProviderConfig,
    endpoint: TokenUrl,
    auth_type: AuthType,
    http: &HttpClient,
    refresh_token: &SecretString,
) -> Result<Answer, FlowError> {
    client::<Answer>(config, auth_type)
        .set_token_uri(endpoint)
        .exchange_refresh_token(&RefreshToken::new(refresh_token.expose_secret().to_owned()))
        .request_async(http)
        .await
        .map_err(|error| refusal(&error))
}

/// Revokes a refresh token (RFC 7009 §2.1); returns the status.
///
/// # Errors
/// When there is no answer.
pub(super) async fn revoke(
    config: &ProviderConfig,
    endpoint: &Url,
    client_secret_basic: bool,
    http: &HttpClient,
    refresh_token: &SecretString,
) -> Result<StatusCode, HttpError> {
    let secret = config.client_secret.as_ref().map(|secret| secret.expose_secret());
    let in_header = secret.filter(|_| client_secret_basic);
    let in_form = || [("client_id", Some(config.client_id.as_str())), ("client_secret", secret)];
    let fields = [("token", Some(refresh_token.expose_secret())), ("token_type_hint", Some("refresh_token"))];
    let fields = fields.into_iter().chain(in_form().into_iter().filter(|_| in_header.is_none()));
    let fields = fields.filter_map(|(name, value)| Some((name, value?)));
    let form = url::form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    let request = http.post_form(endpoint, form, in_header.map(|secret| (&*config.client_id, secret)));
    Ok(http.send(request).await?.status())
}

/// A request that shows an access token (RFC 6750 §2.1).
pub(super) fn bearer_request(
    endpoint: &Url,
    access_token: &SecretString,
    accept: &str,
) -> Option<Request<Vec<u8>>> {
    Request::get(endpoint.as_str())
        .header(header::ACCEPT, accept)
        .header(header::AUTHORIZATION, format!("Bearer {}", access_token.expose_secret()))
        .body(Vec::new())
        .ok()
}

/// Whether a resource of the provider's still takes an access token.
pub(super) async fn standing(http: &HttpClient, endpoint: &Url, access_token: &SecretString) -> Standing {
    let Some(request) = bearer_request(endpoint, access_token, "application/json") else {
        return Standing::NobodyToAsk;
    };
    match http.send(request).await.map(|answer| answer.status()) {
        Ok(StatusCode::UNAUTHORIZED) => Standing::Refused,
        Ok(status) if status.is_success() => Standing::Good,
        _ => Standing::Unavailable,
    }
}

fn client<Answer: oauth2::TokenResponse>(
    config: &ProviderConfig,
    auth_type: AuthType,
) -> TokenClient<Answer> {
    let client = TokenClient::new(ClientId::new(config.client_id.clone())).set_auth_type(auth_type);
    match &config.client_secret {
        Some(secret) => client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned())),
        None => client,
    }
}

/// What a refusal means (RFC 6749 §5.2). What cannot be read is either the error page of a provider in
/// trouble or a broken answer; nothing was signed in either way.
fn refusal(error: &RequestTokenError<HttpError, StandardErrorResponse<CoreErrorResponseType>>) -> FlowError {
    match error {
        RequestTokenError::ServerResponse(answer) => match answer.error() {
            CoreErrorResponseType::InvalidGrant => FlowError::InvalidGrant,
            _ => FlowError::ClientRefused,
        },
        RequestTokenError::Request(_) => FlowError::Unavailable(Unavailable),
        RequestTokenError::Parse(..) | RequestTokenError::Other(_) => FlowError::BadTokenAnswer,
    }
}
