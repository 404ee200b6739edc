//! `/auth/signout`: POST signs out, GET leads to the page with the button.

use super::{Form, departure, wanted_page};
use crate::{
    Auth, Pages, Refusal,
    cookie::{CookieKind, Cookies, set_cookies},
    flow::SigningOut,
    flow_trace::{self, FlowKind, StepKind},
    grants::hash_of,
    logout::{LogoutNotice, logout_state},
    origin::{RequestOrigin, ReturnPath, UniqueParams},
    provider::is_short_hint,
    request_id::carry,
    session::{Session, SessionRecord, SessionState},
    sign_in_events::Browsers,
    silent,
    store::{Claim, ClaimOutcome, GrantKind, StoreError},
};
use auth_types::{CurrentSession, EndReason, encode_query};
use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use chrono::{DateTime, TimeDelta, Utc};
use http::{HeaderMap, HeaderValue};
use secrecy::{ExposeSecret, SecretString};
use std::sync::Arc;
use url::Url;

/// `GET /auth/signout?callbackUrl=`: 303 to the page with the sign-out form, which leads to the same
/// `callbackUrl`. This request changes nothing, so neither an image nor a prefetch signs a visitor out.
pub(super) async fn page(State(pages): State<Arc<Pages>>, RawQuery(query): RawQuery) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let page = &pages.sign_out;
    let to = match params.get("callbackUrl").and_then(ReturnPath::parse) {
        Some(path) => format!("{page}?callbackUrl={}", encode_query(path.as_str())),
        None => page.clone(),
    };
    Redirect::to(&to).into_response()
}

/// `POST /auth/signout`, form `callbackUrl`, `scope=global` (default) or `local`: ends this app's session
/// before it answers. With `global`, the answer is a page that goes on to the provider, which ends its own session
/// (RP-Initiated Logout 1.0) and sends the browser back.
///
/// # Errors
/// 400 for another `scope`; 503 when the store is down, with a sentence that the sign-out failed.
pub(super) async fn sign_out(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let is_global = match form.get("scope") {
        None | Some("global") => true,
        Some("local") => false,
        Some(_) => {
            return Err(Refusal::bad_request("invalid_scope", "A sign-out is either global or local."));
        }
    };
    let return_path = form.get("callbackUrl").and_then(ReturnPath::parse);
    let return_path = return_path.unwrap_or_else(|| ReturnPath::or_root(Some(&auth.pages().signed_out)));
    let jar = auth.cookies(&origin, &headers);
    let mut cookies = jar.clear_everywhere(CookieKind::Session);
    if is_global {
        cookies.extend(silent::mark_sign_out(&auth, jar));
    } else {
        // After a local sign-out, do not resume when the user signs in elsewhere.
        cookies.extend([silent::mark_local_sign_out(&auth, jar), Browsers::forget(jar)].concat());
    }
    flow_trace::begin(FlowKind::SignOut);
    flow_trace::step(StepKind::SignOutForm);
    let mut at_provider = None;
    match current.map_err(|error| Refusal::from(error).with_sentence(NOT_SIGNED_OUT))? {
        SessionState::SignedIn(session) => {
            auth.sessions().end(&session.key, EndReason::SignedOut).await.map_err(not_signed_out)?;
            tracing::info!(session = session.record.public_id, global = is_global, "signed out");
            if is_global {
                at_provider = end_elsewhere(&auth, jar, &session, &return_path).await;
            }
        }
        SessionState::SignedOut(_) => {
            // With more cookies than the gate reads, any of them may name the live session, so all of them
            // end.
            let named = jar.excess_sessions();
            auth.sessions().end_each(named, EndReason::SignedOut).await.map_err(not_signed_out)?;
        }
    }
    flow_trace::step(StepKind::CookieCleared);
    Ok(match at_provider {
        Some((state, flow_cookies)) => {
            flow_trace::bind(&state);
            cookies.extend(flow_cookies);
            departure::page_of_flow(&state, cookies)
        }
        None => {
            flow_trace::finish();
            (set_cookies(cookies), Redirect::to(return_path.as_str())).into_response()
        }
    })
}

const NOT_SIGNED_OUT: &str =
    "You could not be signed out right now: the session store does not answer. Please try again.";

fn not_signed_out(error: StoreError) -> Refusal {
    Refusal::from(error).with_sentence(NOT_SIGNED_OUT)
}

/// Signs out of the other apps, in the background, and begins the sign-out at the provider. Returns the `state` and
/// the cookies of that flow.
async fn end_elsewhere(
    auth: &Auth,
    jar: Cookies<'_>,
    session: &Session,
    return_path: &ReturnPath,
) -> Option<(String, Vec<HeaderValue>)> {
    // The app cannot unseal the tokens if `AUTH_SECRET` was replaced and the old secret was removed. Without
    // an `id_token_hint`, the provider asks the visitor to confirm the sign-out.
    let tokens = auth.sessions().tokens(&session.key, &session.record).ok();
    let refresh_token = tokens.as_ref().and_then(|tokens| tokens.refresh_token.clone());
    let id_token = tokens.as_ref().and_then(|tokens| tokens.id_token.as_ref());
    let happened_at = auth.clock().now();
    let notice = notify_other_apps(auth.clone(), session.record.clone(), happened_at, refresh_token);
    tokio::spawn(carry(notice));
    if auth.app_notifier().is_some() {
        flow_trace::step(StepKind::OtherAppsTold);
    }
    at_provider(auth, jar, session, id_token, return_path).await
}

/// The background part of a global sign-out.
///
/// Identity is asked to tell the other apps, even if the provider promises to send logout tokens: the
/// provider may not know identity's address, may be down, or may ask the visitor first. An app that is told
/// twice ends the session once.
///
/// The refresh token is revoked (RFC 7009). At many providers this ends everything that came from the same
/// sign-in, so a local sign-out revokes nothing.
async fn notify_other_apps(
    auth: Auth,
    record: Arc<SessionRecord>,
    happened_at: DateTime<Utc>,
    refresh_token: Option<SecretString>,
) {
    let notice = LogoutNotice {
        provider_issuer: &record.issuer,
        sid: record.sid.as_deref(),
        sub: Some(&record.subject),
        browser: record.browser.as_deref(),
        happened_at,
    };
    match (auth.app_notifier(), notice.scope_in_browser()) {
        (Some(app_notifier), Some(_)) => app_notifier.notify(auth.http(), auth.clock(), notice).await,
        // A session from an older version.
        (Some(_), None) => tracing::warn!(
            "session has neither sid nor browser reference; other apps not told of this sign-out"
        ),
        (None, _) => {}
    }
    let provider = auth.provider(&record.provider);
    if let Some((provider, refresh_token)) = provider.zip(refresh_token) {
        provider.revoke(&refresh_token).await;
    }
}

/// Begins the sign-out at the provider, if the provider has a sign-out and answers: returns the flow's `state` and
/// cookies. The app's session has already ended, so an error here only skips the provider's sign-out.
async fn at_provider(
    auth: &Auth,
    jar: Cookies<'_>,
    session: &Session,
    id_token: Option<&SecretString>,
    return_path: &ReturnPath,
) -> Option<(String, Vec<HeaderValue>)> {
    let provider = auth.provider(&session.record.provider)?;
    if !provider.is_reachable().await {
        tracing::warn!(provider = provider.config.id, "provider unavailable; signed out of this app only");
        return None;
    }
    let endpoints = provider.endpoints().await.ok()?;
    endpoints.end_session_endpoint.as_ref()?;
    let state = match auth.identity_origins().canonical() {
        Some(_) => logout_state(&auth.random().token(), jar.origin()),
        None => auth.random().token(),
    };
    let page_grant = wanted_page::keep(auth, return_path).await;
    let page_grant = page_grant.inspect_err(|cause| tracing::warn!(%cause, "wanted page not kept"));
    let page_grant = page_grant.ok().flatten();
    let flow = SigningOut {
        return_path: if page_grant.is_some() { String::new() } else { return_path.to_string() },
        page_grant,
        provider: provider.config.id.clone(),
        subject: session.record.subject.clone(),
        id_token_grant: keep_hint(auth, &state, id_token).await,
    };
    let cookies = auth
        .flows()
        .begin(&state, flow, jar)
        .inspect_err(|cause| tracing::error!(%cause, "provider's sign-out not begun"))
        .ok()?;
    Some((state, cookies))
}

/// How long a browser may take from the form's answer to `GET /auth/continue`.
const HINT_LIFETIME: TimeDelta = TimeDelta::minutes(10);

/// Keeps the ID token in the store until the visitor leaves for the provider, because it is too large for a cookie.
/// Best effort: without the token, the provider asks the visitor to confirm the sign-out.
async fn keep_hint(auth: &Auth, state: &str, id_token: Option<&SecretString>) -> Option<String> {
    let hint = id_token?.expose_secret();
    if !is_short_hint(hint) {
        return None;
    }
    let kind = GrantKind::IdTokenHint;
    let kept = auth.grants().issue(kind, HINT_AUDIENCE, hash_of(state), hint.as_bytes(), HINT_LIFETIME).await;
    kept.inspect_err(|cause| tracing::warn!(%cause, "ID token not kept for the provider's sign-out")).ok()
}

/// The audience of a kept ID token: this app.
const HINT_AUDIENCE: &str = "sign-out";

/// Takes the ID token that [`keep_hint`] kept.
async fn take_hint(auth: &Auth, state: &str, flow: &SigningOut) -> Option<SecretString> {
    let grant = flow.id_token_grant.as_deref()?;
    let claim = Claim { kind: GrantKind::IdTokenHint, audience: HINT_AUDIENCE, state_hash: hash_of(state) };
    match auth.grants().take(grant, claim).await {
        Ok(ClaimOutcome::Granted(hint)) => String::from_utf8(hint).ok().map(SecretString::from),
        _ => None,
    }
}

/// Returns the URL of the provider's sign-out (RP-Initiated Logout 1.0 §2); `None` if the provider has none or does
/// not answer.
pub(super) async fn end_session_url(
    auth: &Auth,
    jar: Cookies<'_>,
    state: &str,
    flow: &SigningOut,
) -> Option<Url> {
    let provider = auth.provider(&flow.provider)?;
    let endpoints = provider.endpoints().await.ok()?;
    let hint = take_hint(auth, state, flow).await;
    let redirect = auth.identity_origins().canonical().unwrap_or(jar.origin()).join("/auth/logout/callback");
    endpoints.end_session_url(&provider.config, hint.as_ref(), &flow.subject, &redirect, state)
}
