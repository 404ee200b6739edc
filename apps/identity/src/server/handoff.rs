//! `/handoff/{client}`: opens an app for the user who is signed in at identity (article 5, "Click 'Open
//! App'").

mod access;
pub(super) mod launcher;
mod mint;
mod presence;
pub(super) mod userinfo;
pub(super) mod verify;

pub(crate) use mint::HandoffService;

use super::registry::RegisteredClient;
use auth::{
    Refusal,
    cookie::set_cookies,
    flow_trace::{self, FlowKind, StepKind},
    guard::RequireSession,
    handoff::{CALLBACK, TOKEN},
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    routes::{Form, custom::page_that_goes_on},
};
use auth_types::encode_query;
use axum::{
    extract::{Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, StatusCode, header};
use secrecy::ExposeSecret;

/// The parameters with which the app comes back from `/handoff/start`.
const PARAMS: [&str; 4] = ["source_url", "state", "opening", "callbackUrl"];
/// The longest `state` or `opening`, in bytes; ours have 43.
const MAX_OPAQUE: usize = 512;

/// `POST /handoff/{client}`, form `callbackUrl`: the user presses "Open". Records the press for this browser, and
/// answers with a page that goes on to the app, which creates the `state`. On the way back the visitor may have to sign
/// in, so a redirect could end at the `form-action` of the launcher.
///
/// # Errors
/// 404 `unknown_app` for an app that is not registered or has no handoff; 503 when the store is down.
pub(super) async fn open(
    State(handoffs): State<HandoffService>,
    RequestOrigin(origin): RequestOrigin,
    Path(client): Path<String>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let app = handoffs.app(&client).ok_or_else(unknown_app)?;
    let target = app.nearest_origin(&origin).ok_or_else(unknown_app)?;
    let (opening, cookies) = handoffs.begin_launch(app, &origin, &headers)?;
    let mut to = target.join("/handoff/start");
    to.query_pairs_mut().append_pair("iss", &origin.to_string()).append_pair("opening", &opening);
    // The app checks the path again, because the path is one of the app's.
    if let Some(path) = form.get("callbackUrl").and_then(ReturnPath::parse) {
        to.query_pairs_mut().append_pair("callbackUrl", path.as_str());
    }
    flow_trace::begin(FlowKind::Launch);
    flow_trace::bind(&opening);
    flow_trace::steps([StepKind::LaunchForm, StepKind::SentToApp]);
    Ok(page_that_goes_on(to.as_str(), cookies))
}

/// Keeps the addresses of a handoff out of the next `Referer`.
const NO_REFERRER: [(header::HeaderName, &str); 1] = [(header::REFERRER_POLICY, "no-referrer")];

/// `GET /handoff/{client}?source_url=&state=&opening=&callbackUrl=`: the app comes back with its `state`.
///
/// - With a session, identity mints a token and redirects to the app's `/callback` (303).
/// - Without a session, the visitor signs in first, silently if the provider knows them.
/// - Without a press of "Open" in this browser, the visitor is redirected to the launcher.
///
/// # Errors
/// A 400 page, without a redirect and without a token: `invalid_parameters`, `unregistered_source_url`,
/// `invalid_request`; 404 `unknown_app`; 503 when the store is down.
pub(super) async fn continue_handoff(
    State(handoffs): State<HandoffService>,
    RequestOrigin(origin): RequestOrigin,
    Path(client): Path<String>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
    session: Result<RequireSession, Response>,
) -> Result<Response, Refusal> {
    let app = handoffs.app(&client).ok_or_else(unknown_app)?;
    let back = HandoffReturn::read(query.unwrap_or_default().as_bytes(), app).map_err(|rule| {
        tracing::warn!(rule, app = app.client_id, "handoff request rejected");
        let sentence = "The request of this app is not allowed. Please go back and open the app again.";
        Refusal::bad_request(rule, sentence)
    })?;
    let RequireSession(session) = match session {
        Ok(session) => session,
        Err(elsewhere) => return Ok(elsewhere),
    };
    flow_trace::resume(&back.opening);
    flow_trace::step(StepKind::LaunchReturned);
    let Some(clear) = handoffs.take_launch(&back.opening, app, &origin, &headers).await? else {
        tracing::info!(app = app.client_id, "handoff without a press of Open: sent to the launcher");
        return Ok(Redirect::to(&format!("/?open={}", encode_query(&app.client_id))).into_response());
    };
    let token = handoffs.mint(&session, app, &back.state).await?;
    let mut to = back.source.join(CALLBACK);
    to.query_pairs_mut().append_pair(TOKEN, token.expose_secret()).append_pair("state", &back.state);
    if let Some(path) = &back.callback_url {
        to.query_pairs_mut().append_pair("callbackUrl", path.as_str());
    }
    flow_trace::steps([StepKind::TokenMinted, StepKind::TokenSent]);
    flow_trace::finish();
    Ok((NO_REFERRER, set_cookies(clear), Redirect::to(to.as_str())).into_response())
}

fn unknown_app() -> Refusal {
    let sentence = "This app does not exist, or it cannot be opened from here.";
    Refusal::new(StatusCode::NOT_FOUND, "unknown_app", sentence)
}

/// The checked parameters with which the app came back.
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
