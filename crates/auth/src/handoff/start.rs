//! `GET /handoff/start`, and `GET /callback` without a token.

use super::{HandoffLayer, layer::wanted, verify::StartedHandoff};
use crate::{
    Refusal,
    cookie::set_cookies,
    flow_trace::{self, FlowKind, StepKind},
    origin::{Origin, RequestOrigin, UniqueParams},
};
use axum::{
    extract::{RawQuery, Request, State},
    response::{IntoResponse, Redirect},
};
use http::{HeaderMap, StatusCode};

/// The parameters that identity's launcher may send.
const PARAMS: [&str; 3] = ["iss", "opening", "callbackUrl"];

/// `GET /handoff/start?iss=&opening=&callbackUrl=`: creates a `state` that only this browser can bring back
/// (RFC 9700 §4.7), and redirects to identity with the `state`. `iss` is identity's origin as the browser has
/// it, as in third-party-initiated login (OpenID Connect Core §4). The app must know this origin.
///
/// # Errors
/// 400 `invalid_parameters` or `unknown_issuer`; 404 `handoff_not_configured`.
pub(super) async fn start(
    State(layer): State<HandoffLayer>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<impl IntoResponse, Refusal> {
    let settings = layer.settings();
    let auth = &settings.auth;
    let client = settings.client.as_ref().filter(|client| client.client_secret.is_some());
    let client = client.ok_or_else(|| {
        let sentence = "This app cannot be opened from another app. Please open it directly.";
        Refusal::new(StatusCode::NOT_FOUND, "handoff_not_configured", sentence)
    })?;
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes())?;
    params.printable()?;
    params.only(&PARAMS)?;
    let identity = match params.get("iss") {
        None => Some(auth.identity_origins().canonical().unwrap_or(&client.issuer).clone()),
        Some(iss) => Origin::parse(iss)
            .ok()
            .filter(|iss| *iss == client.issuer || auth.identity_origins().contains(iss)),
    };
    let identity = identity.ok_or_else(|| {
        tracing::warn!(rule = "unknown_issuer", "handoff not started");
        let sentence =
            "The page that sent you here is not this app's identity app. Please open this app directly.";
        Refusal::bad_request("unknown_issuer", sentence)
    })?;
    let state = auth.random().token();
    let cookies = auth.flows().begin(&state, StartedHandoff {}, auth.cookies(&origin, &headers))?;
    flow_trace::begin(FlowKind::Handoff);
    flow_trace::bind(&state);
    flow_trace::steps([StepKind::HandoffStarted, StepKind::HandoffSealed, StepKind::SentForToken]);
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
    Ok((no_referrer, set_cookies(cookies), Redirect::to(to.as_str())))
}

/// `GET /callback` without a token: redirects to `callbackUrl`, or to the app's landing page.
pub(super) async fn arrive_page(State(layer): State<HandoffLayer>, request: Request) -> Redirect {
    let to = wanted(request.uri()).unwrap_or_else(|| layer.settings().landing.clone());
    Redirect::to(to.as_str())
}
