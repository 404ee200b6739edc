//! `/handoff/{client}`: an app is opened for whoever is signed in here (article 5, "Click 'Open App'").

mod access;
pub(super) mod launcher;
mod mint;
mod presence;
pub(super) mod userinfo;
pub(super) mod verify;

pub(crate) use mint::Handoffs;

use super::registry::RegisteredClient;
use auth::{
    cookie::set_cookies,
    error_page,
    guard::RequireSession,
    handoff::{CALLBACK, TOKEN},
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    routes::{Form, custom::try_again},
};
use auth_types::encode_query;
use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use secrecy::ExposeSecret;

/// What the app brings back from `/handoff/start`.
const PARAMS: [&str; 4] = ["source_url", "state", "opening", "callbackUrl"];
/// Longest `state` or `opening`, characters; ours have 43.
const MAX_OPAQUE: usize = 512;

/// `POST /handoff/{client}`, form `callbackUrl`: somebody presses "Open". Notes that for this browser, and leads
/// to the app, which draws the `state` (303).
///
/// # Errors
/// 404 `unknown_app` for an app that is not registered, or not to be opened; 503 when the store is down.
pub(super) async fn open(
    State(handoffs): State<Handoffs>,
    RequestOrigin(origin): RequestOrigin,
    Path(client): Path<String>,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let app = handoffs.app(&client);
    let Some((app, target)) = app.and_then(|app| Some((app, app.nearest_origin(&origin)?))) else {
        return unknown_app(&headers);
    };
    let (opening, cookies) = match handoffs.open(app, &origin, &headers) {
        Ok(begun) => begun,
        Err(cause) => return try_again(&cause, &headers),
    };
    let mut to = target.join("/handoff/start");
    to.query_pairs_mut().append_pair("iss", &origin.to_string()).append_pair("opening", &opening);
    // The app checks it too: it is the app's own path.
    if let Some(path) = form.get("callbackUrl").and_then(ReturnPath::parse) {
        to.query_pairs_mut().append_pair("callbackUrl", path.as_str());
    }
    (NO_REFERRER, set_cookies(cookies), Redirect::to(to.as_str())).into_response()
}

/// No address on the way goes on to the next.
const NO_REFERRER: [(header::HeaderName, &str); 1] = [(header::REFERRER_POLICY, "no-referrer")];

/// `GET /handoff/{client}?source_url=&state=&opening=&callbackUrl=`: the app is back with its `state`. Whoever is
/// signed in here gets a token for it and is led to the app's `/callback` (303). Who is not is signed in first,
/// silently if the provider knows them. Who did not press "Open" in this browser is led to the launcher, where
/// they can.
///
/// # Errors
/// A 400 page, without a redirect and with nothing minted: `invalid_parameters`, `unregistered_source_url`,
/// `invalid_request`; 404 `unknown_app`; 503 when the store is down.
pub(super) async fn go_on(
    State(handoffs): State<Handoffs>,
    RequestOrigin(origin): RequestOrigin,
    Path(client): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    session: Result<RequireSession, Response>,
) -> Response {
    let Some(app) = handoffs.app(&client) else { return unknown_app(&headers) };
    let back = match HandoffReturn::read(query.unwrap_or_default().as_bytes(), app) {
        Ok(back) => back,
        Err(rule) => {
            tracing::warn!(rule, app = app.client_id, "a handoff was refused");
            let sentence = "The app asked to be opened in a way that is not allowed.";
            return error_page::refuse(&headers, StatusCode::BAD_REQUEST, rule, sentence);
        }
    };
    let RequireSession(session) = match session {
        Ok(session) => session,
        Err(elsewhere) => return elsewhere,
    };
    let clear = match handoffs.was_opened(&back.opening, app, &origin, &headers).await {
        Ok(Some(clear)) => clear,
        Ok(None) => {
            tracing::info!(app = app.client_id, "nobody pressed Open for this handoff");
            return Redirect::to(&format!("/?open={}", encode_query(&app.client_id))).into_response();
        }
        Err(cause) => return try_again(&cause, &headers),
    };
    let token = match handoffs.mint(&session, app, &back.state).await {
        Ok(token) => token,
        Err(cause) => return try_again(&cause, &headers),
    };
    let mut to = back.source.join(CALLBACK);
    to.query_pairs_mut().append_pair(TOKEN, token.expose_secret()).append_pair("state", &back.state);
    if let Some(path) = &back.callback_url {
        to.query_pairs_mut().append_pair("callbackUrl", path.as_str());
    }
    (NO_REFERRER, set_cookies(clear), Redirect::to(to.as_str())).into_response()
}

fn unknown_app(headers: &HeaderMap) -> Response {
    let sentence = "There is no such app here, or it cannot be opened from here.";
    error_page::refuse(headers, StatusCode::NOT_FOUND, "unknown_app", sentence)
}

/// What an app brought back, checked.
struct HandoffReturn {
    source: Origin,
    state: String,
    opening: String,
    callback_url: Option<ReturnPath>,
}

impl HandoffReturn {
    fn read(query: &[u8], app: &RegisteredClient) -> Result<Self, &'static str> {
        let params = UniqueParams::parse(query).map_err(|_| "invalid_parameters")?;
        params.printable().and_then(|()| params.only(&PARAMS)).map_err(|_| "invalid_parameters")?;
        let source = params
            .get("source_url")
            .and_then(|text| Origin::parse(text).ok())
            .filter(|origin| app.origins.iter().any(|pattern| pattern.matches(origin)))
            .ok_or("unregistered_source_url")?;
        let short = |name: &str| params.get(name).filter(|value| value.len() <= MAX_OPAQUE);
        let state = short("state").filter(|state| !state.is_empty()).ok_or("invalid_request")?;
        Ok(Self {
            source,
            state: state.to_owned(),
            opening: short("opening").unwrap_or_default().to_owned(),
            callback_url: params.get("callbackUrl").and_then(ReturnPath::parse),
        })
    }
}
