//! `GET /handoff/start`, and where `/callback` leads once the token is gone from it.

use super::{HandoffLayer, layer::wanted, verify::Begun};
use crate::{
    cookie::set_cookies,
    error_page,
    origin::{Origin, RequestOrigin, UniqueParams},
};
use axum::{
    extract::{RawQuery, Request, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode};

/// What identity's launcher may say.
const PARAMS: [&str; 3] = ["iss", "opening", "callbackUrl"];

/// `GET /handoff/start?iss=&opening=&callbackUrl=`: draws the `state` that this browser alone can bring back
/// (RFC 9700 §4.7), and leads to identity with it. `iss` is identity's origin as the browser has it, after
/// OpenID Connect Core §4 (third-party-initiated login); it has to be one that this app knows.
///
/// # Errors
/// 400 `invalid_parameters` or `unknown_issuer`; 404 `handoff_not_configured`.
pub(super) async fn start(
    State(layer): State<HandoffLayer>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let settings = layer.settings();
    let auth = &settings.auth;
    let Some(client) = settings.client.as_ref().filter(|client| client.client_secret.is_some()) else {
        let sentence = "This app is not set up to be opened from elsewhere.";
        return error_page::refuse(&headers, StatusCode::NOT_FOUND, "handoff_not_configured", sentence);
    };
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes())
        .and_then(|params| params.printable().and_then(|()| params.only(&PARAMS)).map(|()| params));
    let params = match params {
        Ok(params) => params,
        Err(error) => {
            let sentence = error.to_string();
            return error_page::refuse(&headers, StatusCode::BAD_REQUEST, "invalid_parameters", &sentence);
        }
    };
    let identity = match params.get("iss") {
        None => Some(auth.proxies().canonical().unwrap_or(&client.issuer).clone()),
        Some(iss) => {
            Origin::parse(iss).ok().filter(|iss| *iss == client.issuer || auth.proxies().contains(iss))
        }
    };
    let Some(identity) = identity else {
        tracing::warn!(rule = "unknown_issuer", "a handoff did not begin");
        let sentence = "The page that sent you here is not the identity app of this one.";
        return error_page::refuse(&headers, StatusCode::BAD_REQUEST, "unknown_issuer", sentence);
    };
    let state = auth.random().token();
    let cookies = match auth.flows().begin(&state, Begun {}, &origin, &headers) {
        Ok(cookies) => cookies,
        Err(cause) => return crate::error_page::try_again(&cause, &headers),
    };
    let mut to = identity.join("/handoff/");
    if let Ok(mut path) = to.path_segments_mut() {
        path.pop_if_empty().push(&client.client_id);
    }
    to.query_pairs_mut().append_pair("source_url", &origin.to_string()).append_pair("state", &state);
    for name in ["opening", "callbackUrl"] {
        if let Some(value) = params.get(name) {
            to.query_pairs_mut().append_pair(name, value);
        }
    }
    let no_referrer = [(http::header::REFERRER_POLICY, "no-referrer")];
    (no_referrer, set_cookies(cookies), Redirect::to(to.as_str())).into_response()
}

/// `GET /callback` without a token: on to `callbackUrl`, or where this app lets visitors land.
pub(super) async fn arrive_page(State(layer): State<HandoffLayer>, request: Request) -> Redirect {
    let to = wanted(request.uri()).unwrap_or_else(|| layer.settings().landing.clone());
    Redirect::to(to.as_str())
}
