//! The provider's two redirects: back to the app that began, or, for identity's own flow, finished here.

use super::flow::ProxiedFlow;
use crate::server::{client::authenticate, registry::Registry, sign_in_events::Announcer};
use auth::{
    Auth,
    cookie::set_cookies,
    error_page,
    flow::Pending,
    logout::origin_in_logout_state,
    origin::{FetchMetadata, RequestOrigin, UniqueParams},
    routes::{
        Form,
        custom::{CallbackRequest, SignInOutcome, finish_sign_in, finish_sign_out, try_again},
    },
};
use axum::{
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode};
use std::sync::Arc;

/// `GET /auth/callback/{provider}`: takes the flow that this browser began, once. Another app's goes
/// back to it (303) with the provider's parameters and the app's own `state`; identity never sees the
/// verifier, so it could not use the code if it wanted to.
///
/// # Errors
/// A 400 page: `invalid_parameters`, or `invalid_state` when the flow is unknown, too old, used, another
/// browser's or another provider's, or its app has left the registry. 503 when the store is down.
pub(crate) async fn callback(
    State(auth): State<Auth>,
    State(registry): State<Arc<Registry>>,
    State(announcer): State<Announcer>,
    returned: CallbackRequest,
) -> Response {
    match returned.take_flow::<ProxiedFlow>(&auth).await {
        Ok(Some((proxied, cookies))) => pass_on(&proxied, cookies, &registry, &announcer, &returned)
            .unwrap_or_else(|| invalid_state(&returned.headers)),
        Ok(None) => own_callback(&auth, &announcer, &returned).await,
        Err(cause) => try_again(&cause, &returned.headers),
    }
}

/// Back to the app, with its handle for this browser, and a receipt that it gives back once the sign-in is
/// complete. A flow in a frame neither gets nor makes a handle: frames come to the identity origin nearest to the
/// app, and a browser has one handle, at the canonical origin.
fn pass_on(
    proxied: &ProxiedFlow,
    mut cookies: Vec<HeaderValue>,
    registry: &Registry,
    announcer: &Announcer,
    returned: &CallbackRequest,
) -> Option<Response> {
    let mut url = proxied.back(&returned.provider, &returned.params, registry)?;
    let app = proxied.app(registry)?;
    if FetchMetadata::of(&returned.headers).is_frame() {
        announcer.pass_on_in_frame(&returned.origin, &returned.headers, &mut url);
    } else {
        let (browser, cookie) = announcer.browser(&returned.origin, &returned.headers);
        cookies.extend(cookie);
        let (origin, headers) = (&returned.origin, &returned.headers);
        cookies.push(announcer.pass_on(&browser, app, (origin, headers), &mut url));
        if proxied.may_be_sign_in(&returned.params) {
            announcer.add_receipt(&browser, app, &mut url);
        }
    }
    Some((set_cookies(cookies), Redirect::to(url.as_str())).into_response())
}

/// Identity's own sign-in, if it is one.
async fn own_callback(auth: &Auth, announcer: &Announcer, returned: &CallbackRequest) -> Response {
    match returned.take_flow::<Pending>(auth).await {
        Ok(Some((pending, mut cookies))) => {
            let (browser, cookie) = announcer.browser(&returned.origin, &returned.headers);
            cookies.extend(cookie);
            let (reference, cookie) = announcer.reference(&returned.origin, &returned.headers);
            cookies.push(cookie);
            let SignInOutcome { response, has_signed_in } =
                finish_sign_in(auth, returned, pending, Some(reference), cookies).await;
            if has_signed_in {
                announcer.signed_in(&browser);
            }
            response
        }
        Ok(None) => invalid_state(&returned.headers),
        Err(cause) => try_again(&cause, &returned.headers),
    }
}

fn invalid_state(headers: &HeaderMap) -> Response {
    tracing::warn!(rule = "invalid_state", "a callback was refused");
    let sentence = auth_types::SignInError::InvalidState.sentence();
    error_page::refuse(headers, StatusCode::BAD_REQUEST, "invalid_state", sentence)
}

/// `GET /auth/logout/callback`: the provider's post-logout redirect, passed on to the registered app
/// that `state` names, which knows its own `state` again; without one, identity's own sign-out ends.
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
        None => finish_sign_out(&auth, &origin, Some(state), &headers).await,
    }
}

/// `POST /auth/signed-in`, form `receipt`, and client authentication: an app has completed the sign-in that the
/// receipt came with. 202 once the others are being told.
///
/// # Errors
/// 401 `invalid_client`; 400 `invalid_receipt` when it is another app's, was used, or is too old; 503 when the
/// store is down.
pub(crate) async fn signed_in(
    State(registry): State<Arc<Registry>>,
    State(announcer): State<Announcer>,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let in_form = form.get("client_id").zip(form.get("client_secret"));
    let app = match authenticate(&registry, &headers, in_form) {
        Ok(app) => app,
        Err(refused) => return refused,
    };
    match announcer.confirmed(app, form.get("receipt").unwrap_or_default()).await {
        Ok(true) => StatusCode::ACCEPTED.into_response(),
        Ok(false) => {
            tracing::warn!(rule = "invalid_receipt", app = app.client_id, "a sign-in was not announced");
            let sentence = "This receipt is another app's, was used, or is too old.";
            error_page::refuse(&headers, StatusCode::BAD_REQUEST, "invalid_receipt", sentence)
        }
        Err(cause) => try_again(&cause, &headers),
    }
}
