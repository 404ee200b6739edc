//! The provider's two redirects: passed on to the app that began, or finished here for identity's own flow.

use super::flow::{Proxied, ProxiedFlow};
use crate::server::{
    client::authenticate, previews::SignedIn, registry::Registry, sign_in_events::Announcer,
};
use auth::{
    Auth, Refusal,
    cookie::set_cookies,
    flow::{Callback, Outcome, Pending},
    flow_trace::{self, StepKind},
    limit::RateLimit,
    logout::origin_in_logout_state,
    origin::{FetchMetadata, RequestOrigin, UniqueParams},
    routes::{
        Form,
        custom::{CallbackRequest, SignInOutcome, finish_sign_in, finish_sign_out, without_flow},
    },
};
use auth_types::SignInError;
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::sync::Arc;

/// `GET /auth/callback/{provider}`: takes the flow that this browser began, once. The flow of another app
/// goes back to that app (303) with the provider's parameters and the app's own `state`. Identity never sees
/// the PKCE verifier, so it cannot use the code.
///
/// # Errors
/// A 400 page: `invalid_parameters`; or `invalid_state`, with the way back to the app, when the app's flow belongs to
/// another browser or provider, or when its app has left the registry. 503 when the store is down.
pub(crate) async fn callback(
    State(auth): State<Auth>,
    State(registry): State<Arc<Registry>>,
    State(announcer): State<Announcer>,
    returned: CallbackRequest,
) -> Result<Response, Refusal> {
    let state = returned.params.get("state").unwrap_or_default();
    flow_trace::resume(state);
    flow_trace::step(StepKind::Callback);
    let Some(proxied) = auth.flows().read_state::<Proxied, ProxiedFlow>(state) else {
        return own_callback(&auth, &announcer, &returned).await;
    };
    let passed_on = returned
        .take_flow::<Proxied>(&auth)
        .await?
        .and_then(|(_, cookies)| pass_on(&auth, &proxied, cookies, (&registry, &announcer), &returned));
    passed_on.map_or_else(|| without_record(&proxied, &registry, &announcer, &returned), Ok)
}

/// Answers the callback of a proxied sign-in whose record is gone: expired, used, or of another browser.
///
/// In the browser where the sign-in began, the visitor pressed Back, clicked twice or restored a tab. Then the app is
/// opened again, without an answer: it shows the wanted page to a signed-in user, and the sign-in page to anyone else. In
/// another browser the visitor may have followed a stranger's link, so a button says where it leads.
fn without_record(
    proxied: &ProxiedFlow,
    registry: &Registry,
    announcer: &Announcer,
    returned: &CallbackRequest,
) -> Result<Response, Refusal> {
    let browser = announcer.known_browser(&returned.origin, &returned.headers);
    let is_same_browser = browser.is_some_and(|browser| proxied.began_in(&browser));
    match proxied.back_without_answer(registry).filter(|_| is_same_browser) {
        Some(back) => {
            tracing::info!(rule = "invalid_state", "callback without a record; back to the app");
            Ok(Redirect::to(back.as_str()).into_response())
        }
        None => Err(dead_end(proxied, registry)),
    }
}

/// Redirects to the app, with its handle for this browser and a receipt that the app returns once the sign-in
/// is complete. A flow in a frame gets no handle: frames use the identity origin nearest to the app, but the
/// one handle of a browser is kept at the canonical origin.
fn pass_on(
    auth: &Auth,
    proxied: &ProxiedFlow,
    mut cookies: Vec<HeaderValue>,
    (registry, announcer): (&Registry, &Announcer),
    returned: &CallbackRequest,
) -> Option<Response> {
    let mut url = proxied.back(&returned.provider, &returned.params, registry)?;
    let app = proxied.app(registry)?;
    if FetchMetadata::of(&returned.headers).is_frame() {
        // Previews are on another site, so their frames have no cookies of identity.
        announcer.add_reference_in_frame(&returned.origin, &returned.headers, &mut url);
    } else {
        let (browser, cookie) = announcer.browser(&returned.origin, &returned.headers);
        cookies.extend(cookie);
        let (origin, headers) = (&returned.origin, &returned.headers);
        cookies.push(announcer.add_browser(&browser, app, (origin, headers), &mut url));
        let jar = auth.cookies(origin, headers);
        cookies.extend(proxied.last_provider((auth, jar), app, &returned.params, &mut url));
        if let Some(receipt) = proxied.receipt(browser, app, &returned.params) {
            announcer.add_receipt(&receipt, app, &mut url);
        }
    }
    flow_trace::step(StepKind::PassedBack);
    match Callback::read(&returned.params).map(|callback| callback.outcome) {
        Ok(Outcome::Code(_)) => flow_trace::finish(),
        Ok(Outcome::Refused(error)) | Err(error) => flow_trace::refuse(error.code()),
    }
    Some((set_cookies(cookies), Redirect::to(url.as_str())).into_response())
}

/// Finishes identity's own sign-in. Without a flow of this browser, a `state` of identity leads to the sign-in page or, if
/// the visitor is signed in, to the page that was wanted. Any other `state` gets `invalid_state`.
async fn own_callback(
    auth: &Auth,
    announcer: &Announcer,
    returned: &CallbackRequest,
) -> Result<Response, Refusal> {
    let Some((pending, mut cookies)) = returned.take_flow::<Pending>(auth).await? else {
        return match returned.wanted_page(auth) {
            Some(_) => Ok(without_flow(auth, returned)),
            None => Err(invalid_state()),
        };
    };
    let (browser, cookie) = announcer.browser(&returned.origin, &returned.headers);
    cookies.extend(cookie);
    let (reference, cookie) = announcer.reference(&returned.origin, &returned.headers);
    cookies.push(cookie);
    let SignInOutcome { response, has_signed_in, .. } =
        finish_sign_in(auth, returned, pending, Some(reference), cookies).await;
    if has_signed_in {
        announcer.notify_apps(&browser, auth.clock().now(), &returned.provider);
    }
    Ok(response)
}

/// Refuses the callback of a proxied sign-in, and offers the way back to the app. The app then knows the page that was
/// wanted.
fn dead_end(proxied: &ProxiedFlow, registry: &Registry) -> Refusal {
    let refusal = invalid_state();
    match (proxied.app(registry), proxied.back_without_answer(registry)) {
        (Some(app), Some(back)) => refusal.with_link(format!("Go on to {}", app.name), back.as_str()),
        _ => refusal,
    }
}

fn invalid_state() -> Refusal {
    tracing::warn!(rule = "invalid_state", "callback rejected");
    Refusal::bad_request("invalid_state", SignInError::InvalidState.sentence())
}

/// `GET /auth/logout/callback`: the provider's redirect after a sign-out, passed on to the registered app
/// that `state` names. Without such an app, identity's own sign-out ends here.
pub(crate) async fn logout_callback(
    State(auth): State<Auth>,
    State(registry): State<Arc<Registry>>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let state = params.get("state").unwrap_or_default();
    match origin_in_logout_state(state).filter(|app| registry.find(app).is_some()) {
        Some(app) => {
            let mut url = app.join("/auth/logout/callback");
            url.query_pairs_mut().append_pair("state", state);
            Redirect::to(url.as_str()).into_response()
        }
        None => finish_sign_out(&auth, auth.cookies(&origin, &headers), Some(state)).await,
    }
}

/// `POST /auth/signed-in`, form `receipt`, `iss`, `sub` and optionally `sid`, with client authentication: an app has
/// completed the sign-in that the receipt belongs to. Answers 202. The other apps are then told, or, for a preview, its
/// origin is remembered for the logout of this session.
///
/// # Errors
/// 401 `invalid_client`; 429 `too_many_requests` for previews over their rate limit; 400 `invalid_receipt` when the receipt is another app's, used, or expired; 503 when
/// the store is down.
pub(crate) async fn signed_in(
    State(registry): State<Arc<Registry>>,
    State(announcer): State<Announcer>,
    State(requests): State<Arc<RateLimit<String>>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<StatusCode, Refusal> {
    let in_form = form.get("client_id").zip(form.get("client_secret"));
    let app = authenticate(&registry, &headers, in_form)?;
    if app.preview.is_some() {
        requests
            .take(app.client_id.clone())
            .inspect_err(|rule| tracing::warn!(%rule, app = app.client_id, "sign-in receipt rate limited"))?;
    }
    let session = SignedIn::read(&form);
    if !announcer.redeem_receipt(app, form.get("receipt").unwrap_or_default(), session.as_ref()).await? {
        tracing::warn!(rule = "invalid_receipt", app = app.client_id, "sign-in receipt rejected");
        let sentence = "This receipt belongs to another app, was already used, or has expired.";
        return Err(Refusal::bad_request("invalid_receipt", sentence));
    }
    Ok(StatusCode::ACCEPTED)
}
