//! `GET /authorize` (article 1, "Creating Identity Server"): forwards the sign-in of another app to the
//! provider.

use super::{
    flow::{Proxied, ProxiedFlow},
    request::ProxyRequest,
};
use crate::server::{registry::Registry, sign_in_events::Announcer};
use auth::{
    Auth, Refusal,
    cookie::set_cookies,
    flow::FlowError,
    flow_trace::{self, FlowKind, StepKind},
    origin::{FetchMetadata, Origin, RequestOrigin},
    provider::{AuthorizeParams, Provider},
    session::Session,
};
use auth_types::CurrentSession;
use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header::LOCATION};
use secrecy::SecretString;
use std::sync::Arc;
use url::Url;

/// `GET /authorize?source_url=&provider=&state=&nonce=&code_challenge=&code_challenge_method=S256`,
/// optionally with `prompt`, `login_hint` and `ui_locales`: checks the app against the registry, keeps the
/// flow for this browser, and redirects the visitor to the provider (302) with identity's own `state` and
/// callback. `prompt=none` carries the ID token of identity's own session as `id_token_hint`.
///
/// A frame of another site is redirected straight back with `login_required`, without asking the provider. So is
/// `prompt=none` for a provider that would answer with a page; with `temporarily_unavailable` if the provider is down.
///
/// Scopes and further parameters come from identity's configuration and from the app's registry entry, never from the
/// query.
///
/// # Errors
/// A 400 page, without a redirect and with nothing kept: `unregistered_source_url`, `invalid_parameters`,
/// `invalid_request`, `pkce_required`, `unknown_provider`, `provider_not_for_previews`. 503 when the provider is down and the visitor asked to sign in.
pub(crate) async fn authorize(
    State(auth): State<Auth>,
    State(registry): State<Arc<Registry>>,
    State(announcer): State<Announcer>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let request = ProxyRequest::read(query.unwrap_or_default().as_bytes(), &registry).map_err(|error| {
        tracing::warn!(rule = %error, "authorization request rejected");
        let sentence = "The app that sent you here is not registered, or its request is not allowed.";
        Refusal::bad_request(error.to_string(), sentence)
    })?;
    let provider = select_provider(&auth, &request).ok_or_else(|| {
        let sentence = "The app that sent you here asked for a sign-in provider that is not configured.";
        Refusal::bad_request("unknown_provider", sentence)
    })?;
    let is_allowed = registry.find(&request.source).is_some_and(|app| app.may_use(&provider.config.id));
    if !is_allowed {
        tracing::warn!(rule = "provider_not_for_previews", app = %request.source, "authorization request rejected");
        let sentence = "Previews have no client at this sign-in provider.";
        return Err(Refusal::bad_request("provider_not_for_previews", sentence));
    }
    if is_foreign_frame(&headers) {
        return Ok(send_back(provider, &request, "login_required", "foreign_frame").await);
    }
    let passed =
        pass_on(&auth, (&registry, &announcer), &origin, provider, &request, (&current, &headers)).await;
    // The visitor asked for nothing, and the app shows no error for that.
    if request.hints.is_silent()
        && let Err(error) = &passed
    {
        return Ok(send_back(provider, &request, "temporarily_unavailable", &error.to_string()).await);
    }
    passed.map_err(|error| {
        tracing::error!(rule = %error, app = %request.source, "sign-in not forwarded");
        Refusal::new(StatusCode::SERVICE_UNAVAILABLE, error.to_string(), error.code().sentence())
    })
}

/// Whether the request comes from a frame in a page of another site (`checkSession`). Browsers withhold our
/// cookies and the provider's there, and users must not type a password in such a frame.
fn is_foreign_frame(headers: &HeaderMap) -> bool {
    FetchMetadata::of(headers).is_frame_of("cross-site")
}

/// Redirects straight back to the app, with this error (RFC 6749 §4.1.2.1; OpenID Connect Core §3.1.2.6). The provider was
/// not asked, so the answer says nothing about its session.
async fn send_back(provider: &Provider, request: &ProxyRequest, error: &str, rule: &str) -> Response {
    tracing::info!(rule, app = %request.source, "silent sign-in sent back without asking the provider");
    let issuer = provider.endpoints().await.ok();
    let issuer = issuer.as_ref().and_then(|endpoints| endpoints.issuers.only());
    let mut url = request.source.join(&format!("/auth/callback/{}", provider.config.id));
    url.query_pairs_mut()
        .append_pair("error", error)
        .extend_pairs(issuer.iter().map(|issuer| ("iss", issuer)))
        .append_pair("state", &request.state);
    Redirect::to(url.as_str()).into_response()
}

/// The provider that the request names, or the only one if the request names none.
fn select_provider<'a>(auth: &'a Auth, request: &ProxyRequest) -> Option<&'a Provider> {
    match (&request.provider, &**auth.providers()) {
        (Some(id), _) => auth.provider(id),
        (None, [only]) => Some(only),
        (None, _) => None,
    }
}

async fn pass_on(
    auth: &Auth,
    (registry, announcer): (&Registry, &Announcer),
    origin: &Origin,
    provider: &Provider,
    request: &ProxyRequest,
    (current, headers): (&CurrentSession<Session>, &HeaderMap),
) -> Result<Response, FlowError> {
    let endpoints = provider.endpoints().await?;
    let is_silent = request.hints.is_silent();
    if is_silent && !provider.can_be_silent() {
        return Ok(send_back(provider, request, "login_required", "silent_unsupported").await);
    }
    let id = &provider.config.id;
    let of_app = registry.find(&request.source).and_then(|app| app.requests.get(id));
    let of_app = of_app.cloned().unwrap_or_default();
    // A hint names identity's client, so it says nothing to an app with another client.
    let hint = if is_silent && of_app.client_id.is_none() { own_id_token(auth, current, id) } else { None };
    // Frames get no handle: they may use another origin of identity, and the one handle is at the canonical origin.
    let handle = (!FetchMetadata::of(headers).is_frame()).then(|| announcer.browser(origin, headers));
    let (browser, handle_cookie) = handle.map_or((None, None), |(browser, cookie)| (Some(browser), cookie));
    let flow = ProxiedFlow::new(request, id.clone(), browser.as_ref());
    let state = auth.flows().new_state::<Proxied>(&flow)?;
    flow_trace::begin(if is_silent { FlowKind::ProxiedSilentSignIn } else { FlowKind::ProxiedSignIn });
    flow_trace::bind(&state);
    flow_trace::steps([StepKind::AuthorizeRequest, StepKind::ProxiedFlowSealed, StepKind::SentToProvider]);
    let redirect_uri = origin.join(&format!("/auth/callback/{id}"));
    let url = endpoints.authorize_url(
        &provider.config,
        &AuthorizeParams {
            redirect_uri: &redirect_uri,
            state: &state,
            nonce: &request.nonce,
            code_challenge: &request.code_challenge,
            hints: &request.hints,
            id_token_hint: hint.as_ref(),
            of_app: &of_app,
        },
    );
    let jar = auth.cookies(origin, headers);
    let begun = if is_silent {
        auth.flows().begin_silent(&state, Proxied, jar)
    } else {
        auth.flows().begin(&state, Proxied, jar)
    };
    let mut cookies = begun?;
    cookies.extend(handle_cookie);
    tracing::info!(app = %request.source, provider = id, "sign-in forwarded to provider");
    Ok((StatusCode::FOUND, set_cookies(cookies), [(LOCATION, location(&url))]).into_response())
}

/// The ID token of identity's own session in this browser, if the session is from this provider.
fn own_id_token(auth: &Auth, current: &CurrentSession<Session>, provider: &str) -> Option<SecretString> {
    let session = current.as_ref().ok()?.session().filter(|session| session.record.provider == provider)?;
    auth.sessions().tokens(&session.key, &session.record).ok()?.id_token
}

/// A serialised URL is ASCII without control characters, so it always fits a header.
fn location(url: &Url) -> HeaderValue {
    HeaderValue::from_str(url.as_str()).unwrap_or(HeaderValue::from_static("/"))
}
