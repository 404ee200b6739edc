//! `GET /auth/signin`, and `/auth/signin/{provider}` by POST and GET.

use super::{Form, departure, wanted_page};
use crate::{
    Auth, Pages, Refusal,
    cookie::{Cookies, set_cookies},
    flow::{AuthorizeHints, FlowError, Initiator, NewSignIn, Pending, Silent},
    flow_trace::{self, FlowKind, StepKind},
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    provider::{AppRequest, AuthorizeParams, Unavailable},
    silent,
};
use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, Utc};
use http::HeaderMap;
use std::sync::Arc;
use url::Url;

/// The fields that the sign-in form may have. The app sets all other parameters of the provider's request.
const FIELDS: [&str; 4] =
    ["callbackUrl", AuthorizeHints::NAMES[0], AuthorizeHints::NAMES[1], AuthorizeHints::NAMES[2]];

/// `GET /auth/signin?callbackUrl=` and `GET /auth/signin/{provider}?callbackUrl=`: 303 to the page with one
/// form per provider, which leads to the same `callbackUrl`. These requests change nothing: old links and
/// bookmarks of the second address end at a button.
pub(super) async fn page(State(pages): State<Arc<Pages>>, RawQuery(query): RawQuery) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let return_path = ReturnPath::or_root(params.get("callbackUrl"));
    Redirect::to(&pages.login_url(return_path.as_str())).into_response()
}

/// `POST /auth/signin/{provider}`, form `callbackUrl`: begins a sign-in. The answer is a page that goes on to the
/// provider, or to identity in proxy mode.
///
/// # Errors
/// 303 to `/login?error=` with `unknown_provider` or `provider_unavailable`; 400 for an unexpected field or
/// an unknown `prompt`.
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
    let initiator = Initiator::Visitor;
    let request = SignInRequest { return_path, hints, initiator, is_second: false, wanted_since: None };
    let begun = start(&auth, auth.cookies(&origin, &headers), &provider, &request).await;
    Ok(begun.unwrap_or_else(|error| refused(&auth, &error, Some(&provider), &request.return_path)))
}

/// The parameters of a sign-in.
pub(super) struct SignInRequest {
    /// Where the visitor goes afterwards.
    pub(super) return_path: ReturnPath,
    /// The hints for the provider.
    pub(super) hints: AuthorizeHints,
    /// What began the sign-in.
    pub(super) initiator: Initiator,
    /// Whether this asks a second provider, as identity advised. No third one is asked.
    pub(super) is_second: bool,
    /// When the user wanted this sign-in, if not now. A sign-out after that wins.
    pub(super) wanted_since: Option<DateTime<Utc>>,
}

impl SignInRequest {
    /// A sign-in without any question to the visitor.
    pub(super) fn silent(return_path: ReturnPath, initiator: Initiator) -> Self {
        let hints = AuthorizeHints::silent();
        Self { return_path, hints, initiator, is_second: false, wanted_since: None }
    }
}

/// Begins a sign-in: returns the way to the provider, or to identity, with the flow's cookies. It is a page if the
/// visitor sent a form, else a redirect.
///
/// # Errors
/// A [`FlowError`], for example if the provider is unknown, unreachable, or cannot sign in silently.
pub(super) async fn start(
    auth: &Auth,
    jar: Cookies<'_>,
    provider: &str,
    request: &SignInRequest,
) -> Result<Response, FlowError> {
    let origin = jar.origin();
    let SignInRequest { return_path, hints, initiator, is_second, wanted_since } = request;
    let is_by_visitor = *initiator == Initiator::Visitor;
    if is_by_visitor {
        flow_trace::begin(FlowKind::SignIn);
        flow_trace::step(StepKind::SignInForm);
    } else {
        flow_trace::begin(FlowKind::SilentSignIn);
        let is_by_guard = *initiator == Initiator::Guard;
        flow_trace::step(if is_by_guard { StepKind::SilentAttempt } else { StepKind::SilentCheck });
    }
    let provider = auth.provider(provider).ok_or(FlowError::UnknownProvider)?;
    // A provider without `prompt=none` would ask the visitor, or strand them on an error page.
    if hints.is_silent() && !provider.can_be_silent() {
        return Err(FlowError::LoginRequired);
    }
    // Show the error here, and do not redirect the visitor to a provider that is down.
    if !provider.is_reachable().await {
        return Err(Unavailable.into());
    }
    let endpoints = provider.endpoints().await?;
    // Now the metadata are known, and they may list the prompts that the provider accepts.
    if hints.is_silent() && !endpoints.supports_silent {
        return Err(FlowError::LoginRequired);
    }
    // The provider has no sign-out, so its session continued. Without a `prompt`, the provider would sign in
    // the same user again.
    let asks = is_by_visitor && endpoints.end_session_endpoint.is_none() && silent::was_ended(auth, jar);
    let account_prompt = endpoints.account_prompt.or(provider.config.account_prompt).filter(|_| asks);
    let asking = account_prompt.map(|prompt| hints.with_prompt(prompt));
    let hints = asking.as_ref().unwrap_or(hints);
    let pending = Pending::begin(
        NewSignIn {
            provider: provider.config.id.clone(),
            redirect_uri: answers_at(auth, origin, *initiator)
                .join(&format!("/auth/callback/{}", provider.config.id)),
            page_grant: wanted_page::keep(auth, return_path).await?,
            initiator: *initiator,
            is_second: *is_second,
            hints: hints.clone(),
            at: wanted_since.unwrap_or_else(|| auth.clock().now()),
        },
        auth.random(),
    );
    let state = if is_by_visitor {
        auth.flows().new_state_for::<Pending>(return_path)?
    } else {
        auth.flows().new_state_for::<Silent>(return_path)?
    };
    flow_trace::bind(&state);
    flow_trace::step(StepKind::FlowSealed);
    tracing::info!(provider = provider.config.id, ?initiator, "sign-in begun");
    if is_by_visitor {
        return Ok(departure::page_of_flow(&state, auth.flows().begin(&state, pending, jar)?));
    }
    let url = authorization_url(auth, origin, (&state, &pending)).await?;
    flow_trace::step(way_out(auth));
    let cookies = auth.flows().begin_silent(&state, pending, jar)?;
    Ok((set_cookies(cookies), Redirect::to(url.as_str())).into_response())
}

/// The step that leaves the app.
pub(super) fn way_out(auth: &Auth) -> StepKind {
    match auth.identity_origins().canonical() {
        Some(_) => StepKind::SentToIdentity,
        None => StepKind::SentToProvider,
    }
}

/// The identity origin that a sign-in passes; `None` in direct mode.
fn proxy<'a>(auth: &'a Auth, origin: &Origin, initiator: Initiator) -> Option<&'a Origin> {
    match initiator {
        // Browsers send no cookies from frames of another site.
        Initiator::Frame => auth.identity_origins().nearest(origin),
        Initiator::Visitor | Initiator::Guard | Initiator::WaitingTab => auth.identity_origins().canonical(),
    }
}

/// The origin where the provider answers: identity's, or this app's in direct mode.
fn answers_at<'a>(auth: &'a Auth, origin: &'a Origin, initiator: Initiator) -> &'a Origin {
    proxy(auth, origin, initiator).unwrap_or(origin)
}

/// Returns the URL at which a sign-in goes on: at identity, or at the provider in direct mode.
///
/// # Errors
/// A [`FlowError`] if the provider is unknown or unreachable.
pub(super) async fn authorization_url(
    auth: &Auth,
    origin: &Origin,
    (state, pending): (&str, &Pending),
) -> Result<Url, FlowError> {
    let provider = auth.provider(&pending.provider).ok_or(FlowError::UnknownProvider)?;
    if let Some(proxy) = proxy(auth, origin, pending.initiator) {
        return Ok(proxied_url(proxy, origin, (state, pending)));
    }
    let params = AuthorizeParams {
        redirect_uri: &pending.redirect_uri,
        state,
        nonce: &pending.nonce,
        code_challenge: &pending.code_challenge(),
        hints: pending.hints(),
        // Only identity sends a hint: the ID token of its session.
        id_token_hint: None,
        of_app: &AppRequest::default(),
    };
    Ok(provider.endpoints().await?.authorize_url(&provider.config, &params))
}

/// Returns the authorization request to identity, with the origin to return to (article 1).
fn proxied_url(proxy: &Origin, origin: &Origin, (state, pending): (&str, &Pending)) -> Url {
    let mut url = proxy.join("/authorize");
    url.query_pairs_mut()
        .append_pair("source_url", &origin.to_string())
        .append_pair("provider", &pending.provider)
        .append_pair("state", state)
        .append_pair("nonce", &pending.nonce)
        .append_pair("code_challenge", &pending.code_challenge())
        .append_pair("code_challenge_method", "S256")
        .extend_pairs(pending.hints().iter());
    url
}

/// Answers a failed sign-in: 303 to the sign-in page, which shows a sentence. `provider` is the provider's id, if known.
pub(super) fn refused(
    auth: &Auth,
    error: &FlowError,
    provider: Option<&str>,
    return_path: &ReturnPath,
) -> Response {
    auth.metrics().refused(error, provider);
    flow_trace::refuse(error.code());
    if let FlowError::Store(cause) = error {
        tracing::error!(rule = %error, %cause, "sign-in refused");
    } else {
        tracing::warn!(rule = %error, "sign-in refused");
    }
    Redirect::to(&auth.pages().login_error_url(error.code(), return_path.as_str())).into_response()
}
