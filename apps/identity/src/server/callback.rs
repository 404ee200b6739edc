//! The provider's two redirects: back to the app that began, or, for identity's own flow, finished here.

use auth::{
    Auth,
    browser::Announcer,
    error_page,
    flow::{BegunBy, Pending, Proxied, origin_in_logout_state},
    origin::{Registry, RequestOrigin, UniqueParams},
    routes::{Returned, finish_sign_in, finish_sign_out, try_again},
    session::set_cookies,
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
pub(super) async fn callback(
    State(auth): State<Auth>,
    State(registry): State<Arc<Registry>>,
    State(announcer): State<Announcer>,
    returned: Returned,
) -> Response {
    match returned.take_flow::<Proxied>(&auth).await {
        Ok(Some((proxied, cookies))) => pass_on(&proxied, cookies, &registry, &announcer, &returned)
            .unwrap_or_else(|| invalid_state(&returned.headers)),
        Ok(None) => own_callback(&auth, &announcer, &returned).await,
        Err(cause) => try_again(&cause, &returned.headers),
    }
}

/// Back to the app, with its handle for this browser; if somebody signed in, the waiting tabs of all apps
/// are told.
fn pass_on(
    proxied: &Proxied,
    mut cookies: Vec<HeaderValue>,
    registry: &Registry,
    announcer: &Announcer,
    returned: &Returned,
) -> Option<Response> {
    let mut url = proxied.back(&returned.provider, &returned.params, registry)?;
    let (browser, cookie) = announcer.browser(&returned.origin, &returned.headers);
    cookies.extend(cookie);
    announcer.pass_on(&browser, proxied.app(registry)?, &mut url);
    if proxied.is_sign_in(&returned.params) {
        announcer.signed_in(&browser);
    }
    Some((set_cookies(cookies), Redirect::to(url.as_str())).into_response())
}

/// Identity's own sign-in, if it is one.
async fn own_callback(auth: &Auth, announcer: &Announcer, returned: &Returned) -> Response {
    match returned.take_flow::<Pending>(auth).await {
        Ok(Some((pending, mut cookies))) => {
            // A silent try says nothing new.
            let is_sign_in = pending.begun_by == BegunBy::Visitor && returned.params.get("code").is_some();
            let (browser, cookie) = announcer.browser(&returned.origin, &returned.headers);
            cookies.extend(cookie);
            let response = finish_sign_in(auth, returned, pending, cookies).await;
            if is_sign_in {
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
pub(super) async fn logout_callback(
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
