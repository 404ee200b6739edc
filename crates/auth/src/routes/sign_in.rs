//! `GET /auth/signin`, and `/auth/signin/{provider}` by POST and GET.

use super::Form;
use crate::{
    Auth, Pages, Refusal,
    cookie::{Cookies, set_cookies},
    flow::{AuthorizeHints, FlowError, Initiator, NewSignIn, Pending},
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    provider::{AuthorizeParams, Provider, Unavailable},
    silent,
};
use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use std::sync::Arc;
use url::Url;

/// What the sign-in form may say; everything else about the request to the provider is ours.
const FIELDS: [&str; 4] =
    ["callbackUrl", AuthorizeHints::NAMES[0], AuthorizeHints::NAMES[1], AuthorizeHints::NAMES[2]];

/// `GET /auth/signin?callbackUrl=` and `GET /auth/signin/{provider}?callbackUrl=`: 303 to the page with one form
/// per provider, which leads to the same `callbackUrl`. Changes nothing: old links and bookmarks of the second
/// address end at a button.
pub(super) async fn page(State(pages): State<Arc<Pages>>, RawQuery(query): RawQuery) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let return_path = ReturnPath::or_root(params.get("callbackUrl"));
    Redirect::to(&pages.login_url(return_path.as_str())).into_response()
}

/// `POST /auth/signin/{provider}`, form `callbackUrl`: begins a sign-in and sends the visitor to the
/// provider, by way of identity in proxy mode.
///
/// # Errors
/// Back to `/login?error=` with `unknown_provider` or `provider_unavailable`; 400 for a field that is not
/// the caller's to choose, or a `prompt` that no provider knows.
pub(super) async fn begin(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let return_path = ReturnPath::or_root(form.get("callbackUrl"));
    let unexpected = || Refusal::invalid_parameters("The sign-in request contains unexpected fields.");
    if query.is_some() || form.only(&FIELDS).is_err() {
        return Err(unexpected());
    }
    let hints = AuthorizeHints::read(&form).ok_or_else(unexpected)?;
    let request = SignInRequest { return_path, hints, initiator: Initiator::Visitor };
    let begun = start(&auth, auth.cookies(&origin, &headers), &provider, &request).await;
    Ok(begun.unwrap_or_else(|error| refused(&auth, &error, &request.return_path)))
}

/// What a sign-in is to be like.
pub(super) struct SignInRequest {
    /// Where the visitor goes afterwards.
    pub(super) return_path: ReturnPath,
    /// What the provider is told about it.
    pub(super) hints: AuthorizeHints,
    /// Who began it.
    pub(super) initiator: Initiator,
}

/// Begins a sign-in: the redirect to the provider, or to identity, with the cookies that belong to it.
///
/// # Errors
/// A [`FlowError`] when nobody can be asked, or not in this way.
pub(super) async fn start(
    auth: &Auth,
    jar: Cookies<'_>,
    provider: &str,
    request: &SignInRequest,
) -> Result<Response, FlowError> {
    let origin = jar.origin();
    let SignInRequest { return_path, hints, initiator } = request;
    let provider = auth.provider(provider).ok_or(FlowError::UnknownProvider)?;
    // Plain OAuth 2.0 has no `prompt`: the visitor would be asked, which a silent sign-in must not do.
    if hints.is_silent() && !provider.can_be_silent() {
        return Err(FlowError::LoginRequired);
    }
    // Better to say so here than to send the visitor to a page that never comes.
    if !provider.is_reachable().await {
        return Err(Unavailable.into());
    }
    let endpoints = provider.endpoints().await?;
    // The provider could not end its session at the sign-out, so without a question it would be the same user again.
    let asks = *initiator == Initiator::Visitor
        && endpoints.end_session_endpoint.is_none()
        && silent::was_ended(auth, jar);
    let asking =
        asks.then(|| hints.with_prompt(endpoints.account_prompt.unwrap_or(provider.config.account_prompt)));
    let hints = asking.as_ref().unwrap_or(hints);
    let proxy = match initiator {
        // A frame gets no cookies of another site.
        Initiator::Frame => auth.identity_origins().nearest(origin),
        Initiator::Visitor | Initiator::Guard | Initiator::WaitingTab => auth.identity_origins().canonical(),
    };
    let redirect_uri = proxy.unwrap_or(origin).join(&format!("/auth/callback/{}", provider.config.id));
    let begin = NewSignIn {
        provider: provider.config.id.clone(),
        redirect_uri,
        return_path: return_path.clone(),
        initiator: *initiator,
        at: auth.clock().now(),
    };
    let pending = Pending::begin(begin, auth.random());
    let to = match proxy {
        Some(proxy) => proxied_url(proxy, origin, &pending, hints),
        None => direct_url(provider, &pending, hints).await?,
    };
    let state = pending.state.clone();
    let cookies = auth.flows().begin(&state, pending, jar)?;
    tracing::info!(provider = provider.config.id, proxied = proxy.is_some(), ?initiator, "a sign-in begins");
    Ok((set_cookies(cookies), Redirect::to(to.as_str())).into_response())
}

async fn direct_url(
    provider: &Provider,
    pending: &Pending,
    hints: &AuthorizeHints,
) -> Result<Url, FlowError> {
    let params = AuthorizeParams {
        redirect_uri: &pending.redirect_uri,
        state: &pending.state,
        nonce: &pending.nonce,
        code_challenge: &pending.code_challenge(),
        hints,
    };
    Ok(provider.endpoints().await?.authorize_url(&provider.config, &params))
}

/// Article 1: the request goes to the identity app, with the origin that wants the control back.
fn proxied_url(proxy: &Origin, origin: &Origin, pending: &Pending, hints: &AuthorizeHints) -> Url {
    let mut url = proxy.join("/authorize");
    url.query_pairs_mut()
        .append_pair("source_url", &origin.to_string())
        .append_pair("provider", &pending.provider)
        .append_pair("state", &pending.state)
        .append_pair("nonce", &pending.nonce)
        .append_pair("code_challenge", &pending.code_challenge())
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(hints.iter());
    url
}

/// What a failed sign-in answers: a sentence on the sign-in page.
pub(super) fn refused(auth: &Auth, error: &FlowError, return_path: &ReturnPath) -> Response {
    if let FlowError::Store(cause) = error {
        tracing::error!(rule = %error, %cause, "a sign-in was refused");
    } else {
        tracing::warn!(rule = %error, "a sign-in was refused");
    }
    Redirect::to(&auth.pages().login_error_url(error.code(), return_path.as_str())).into_response()
}
