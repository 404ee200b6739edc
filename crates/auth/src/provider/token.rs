//! The request to a token endpoint (RFC 6749 §4.1.3, RFC 7636 §4.5).

use super::{ProviderConfig, Unavailable};
use crate::{
    flow::{Authorized, FlowError},
    http::{HttpClient, HttpError},
};
use openidconnect::{
    AuthType, AuthorizationCode, ClientId, ClientSecret, PkceCodeVerifier, RedirectUrl, RequestTokenError,
    StandardErrorResponse, TokenUrl,
    core::{
        CoreErrorResponseType, CoreRevocableToken, CoreRevocationErrorResponse,
        CoreTokenIntrospectionResponse,
    },
};
use secrecy::ExposeSecret;
use std::borrow::Cow;

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
    let mut client =
        TokenClient::<Answer>::new(ClientId::new(config.client_id.clone())).set_auth_type(auth_type);
    if let Some(secret) = &config.client_secret {
        client = client.set_client_secret(ClientSecret::new(secret.expose_secret().to_owned()));
    }
    client
        .set_token_uri(endpoint)
        .exchange_code(AuthorizationCode::new(authorized.code.expose_secret().to_owned()))
        .set_pkce_verifier(PkceCodeVerifier::new(authorized.code_verifier.expose_secret().to_owned()))
        .set_redirect_uri(Cow::Owned(RedirectUrl::from_url(authorized.redirect_uri.clone())))
        .request_async(http)
        .await
        .map_err(|error| refusal(&error))
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
