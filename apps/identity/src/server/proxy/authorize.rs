//! `GET /authorize` (article 1, "Creating Identity Server"): another app's sign-in passes through.

use super::{flow::ProxiedFlow, request::ProxyRequest};
use crate::server::registry::Registry;
use auth::{
    Auth,
    cookie::set_cookies,
    error_page,
    flow::FlowError,
    origin::{FetchMetadata, Origin, RequestOrigin},
    provider::{AuthorizeParams, Provider},
};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION};
use std::sync::Arc;
use url::Url;

/// `GET /authorize?source_url=&provider=&state=&nonce=&code_challenge=&code_challenge_method=S256`, and
/// if wanted `prompt`, `login_hint`, `ui_locales`: checks the app against the registry, remembers the
/// flow for this browser, and sends the visitor on to the provider (302) with identity's own `state`
/// and callback. A frame of another site goes straight back with `login_required`, and nobody is asked.
///
/// # Errors
/// A 400 page by name, without a redirect and with nothing kept: `unregistered_source_url`,
/// `invalid_parameters`, `invalid_request`, `pkce_required`, `unknown_provider`. 503 when the provider
/// is down.
pub(crate) async fn authorize(
    State(auth): State<Auth>,
    State(registry): State<Arc<Registry>>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let request = match ProxyRequest::read(query.unwrap_or_default().as_bytes(), &registry) {
        Ok(request) => request,
        Err(error) => {
            tracing::warn!(rule = %error, "an authorization request was refused");
            let sentence =
                "The app that sent you here is not registered, or asked in a way that is not allowed.";
            return error_page::refuse(&headers, StatusCode::BAD_REQUEST, &error.to_string(), sentence);
        }
    };
    let wanted = wanted(&auth, &request);
    if let Some(provider) = wanted
        && is_foreign_frame(&headers)
    {
        return silent_unsupported(provider, &request).await;
    }
    let Some(provider) = wanted else {
        let sentence = "The app that sent you here asked for a sign-in service that is not configured.";
        return error_page::refuse(&headers, StatusCode::BAD_REQUEST, "unknown_provider", sentence);
    };
    match pass_on(&auth, &origin, provider, &request, &headers).await {
        Ok(response) => response,
        Err(error) => {
            tracing::error!(rule = %error, app = %request.source, "a sign-in could not pass");
            let sentence = error.code().sentence();
            error_page::refuse(&headers, StatusCode::SERVICE_UNAVAILABLE, &error.to_string(), sentence)
        }
    }
}

/// Whether another site's page asks in a frame (`checkSession`). Browsers keep our cookies and the provider's
/// out of there, and a sign-in page in a frame is nothing to type a password into.
fn is_foreign_frame(headers: &HeaderMap) -> bool {
    FetchMetadata::of(headers).is_frame_of("cross-site")
}

/// Straight back to the app: nobody was asked, so nothing follows from it.
async fn silent_unsupported(provider: &Provider, request: &ProxyRequest) -> Response {
    tracing::info!(rule = "foreign_frame", app = %request.source, "a hidden frame was sent back");
    let issuer = provider.endpoints().await.map(|endpoints| endpoints.issuer);
    let mut url = request.source.join(&format!("/auth/callback/{}", provider.config.id));
    url.query_pairs_mut()
        .append_pair("error", "login_required")
        .extend_pairs(issuer.iter().map(|issuer| ("iss", issuer)))
        .append_pair("state", &request.state);
    Redirect::to(url.as_str()).into_response()
}

/// The provider asked for; without a word about it, the only one there is.
fn wanted<'a>(auth: &'a Auth, request: &ProxyRequest) -> Option<&'a Provider> {
    match (&request.provider, &**auth.providers()) {
        (Some(id), _) => auth.provider(id),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

async fn pass_on(
    auth: &Auth,
    origin: &Origin,
    provider: &Provider,
    request: &ProxyRequest,
    headers: &HeaderMap,
) -> Result<Response, FlowError> {
    let endpoints = provider.endpoints().await?;
    let id = &provider.config.id;
    let state = auth.random().token();
    let redirect_uri = origin.join(&format!("/auth/callback/{id}"));
    let url = endpoints.authorize_url(
        &provider.config,
        &AuthorizeParams {
            redirect_uri: &redirect_uri,
            state: &state,
            nonce: &request.nonce,
            code_challenge: &request.code_challenge,
            hints: &request.hints,
        },
    );
    let cookies = auth.flows().begin(&state, ProxiedFlow::new(request, id.clone()), origin, headers)?;
    tracing::info!(app = %request.source, provider = id, "a sign-in passes through");
    Ok((StatusCode::FOUND, set_cookies(cookies), [(LOCATION, location(&url))]).into_response())
}

/// A serialised URL is ASCII without control characters, so it always fits a header.
fn location(url: &Url) -> HeaderValue {
    HeaderValue::from_str(url.as_str()).unwrap_or(HeaderValue::from_static("/"))
}
