//! `/handoff/confirm`: asks the visitor as which user to continue, because another user is signed in at the
//! opened app. Nothing changes before the visitor answers.

use super::{
    FailureCause, HandoffError, HandoffLayer,
    arrive::{Handoff, HandoffOutcome, HandoffRequest},
};
use crate::{
    Auth, Refusal, error_page,
    flow::Flow,
    flow_trace,
    form::Form,
    grants::hash_of,
    origin::{RequestOrigin, ReturnPath, UniqueParams},
    routes::page_that_goes_on,
    session::Session,
    store::{Claim, ClaimOutcome, GrantKind, StoreError},
};
use auth_types::CurrentSession;
use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, header};
use maud::html;
use serde::{Deserialize, Serialize};

/// Allows only the page's form and the style sheet.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; style-src 'self'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
);

/// A handoff that waits for the visitor's answer, in a cookie of the browser where the handoff arrived.
#[derive(Debug, Serialize, Deserialize)]
pub(super) struct PendingHandoff {
    /// The grant under which the store keeps the handoff.
    pub(super) arrival: String,
    /// The name of the user who opened the app.
    pub(super) name: String,
    /// Where the visitor goes afterwards; a checked path.
    pub(super) return_to: String,
}

impl Flow for PendingHandoff {
    const KIND: &'static str = "arrival";
}

/// `GET /handoff/confirm?state=`: shows the question.
///
/// # Errors
/// 303 to `/login?error=invalid_state` when no handoff waits in this browser; 503 when the store does not
/// answer.
pub(super) async fn page(
    State(layer): State<HandoffLayer>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let auth = &layer.settings().auth;
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let state = params.get("state").unwrap_or_default();
    let Some(pending) = auth.flows().peek::<PendingHandoff>(state, auth.cookies(&origin, &headers)) else {
        return Ok(refused(auth, &HandoffError::InvalidState));
    };
    let current = current?;
    let now = current.session().map(|session| session.public().user.name);
    let page = question(auth, state, now.as_deref(), &pending.name);
    Ok(([(header::CONTENT_SECURITY_POLICY, POLICY)], page).into_response())
}

fn question(auth: &Auth, state: &str, now: Option<&str>, new: &str) -> Response {
    let app = auth.app_name();
    let title = format!("Go on as {new}?");
    let stay = now.map_or_else(|| "Stay signed out".to_owned(), |now| format!("Stay as {now}"));
    let markup = html! {
        h1 { (title) }
        p.lead {
            @match now {
                Some(now) => { "You are signed in to " (app) " as " strong { (now) } ", and opened it as " strong { (new) } "." }
                None => { "You opened " (app) " as " strong { (new) } "." }
            }
        }
        @if let Some(now) = now {
            p.muted { "Going on as " (new) " signs " (now) " out of " (app) "." }
        }
        form.stack method="post" action="/handoff/confirm" {
            input type="hidden" name="state" value=(state);
            button.button.wide type="submit" name="choice" value="switch" { "Go on as " (new) }
            button.button.secondary.wide type="submit" name="choice" value="stay" { (stay) }
        }
    };
    error_page::document(auth, &title, &markup).into_response()
}

/// `POST /handoff/confirm`, form `state` and `choice`: `switch` replaces the session here with the
/// handed-over session, `stay` discards the handoff.
///
/// # Errors
/// 400 for another choice; 303 to `/login?error=` when no handoff waits in this browser or its session cannot
/// begin; 503 when the store is down, and the visitor can answer again.
pub(super) async fn answer(
    State(layer): State<HandoffLayer>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let auth = &layer.settings().auth;
    let switch = match form.get("choice") {
        Some("switch") => true,
        Some("stay") => false,
        _ => return Err(Refusal::bad_request("invalid_choice", "Please choose one of the two.")),
    };
    let current = current?;
    let state = form.get("state").unwrap_or_default();
    flow_trace::resume(state);
    let taken = auth.flows().take::<PendingHandoff>(state, auth.cookies(&origin, &headers)).await?;
    let Some((pending, cookies)) = taken else { return Ok(refused(auth, &HandoffError::InvalidState)) };
    let return_to = ReturnPath::or_root(Some(&pending.return_to));
    let arrival = HandoffRequest { origin, current, headers: &headers };
    let waiting = waiting(auth, &arrival, state, &pending).await;
    if !switch {
        flow_trace::finish();
        // The session here may have expired meanwhile. Then the guard asks the provider, on another origin.
        return Ok(page_that_goes_on(return_to.as_str(), cookies));
    }
    let arrived = match waiting {
        Ok(handoff) => HandoffOutcome::sign_in(auth, &arrival, handoff, cookies).await,
        Err(error) => Err(error),
    };
    match arrived {
        Ok(arrived) => {
            let to = arrived.location(return_to.as_str());
            Ok((arrived.into_cookies(), Redirect::to(&to)).into_response())
        }
        Err(error) => Ok(refused(auth, &error)),
    }
}

/// Takes the waiting handoff out of the store, whatever the visitor answered.
async fn waiting(
    auth: &Auth,
    arrival: &HandoffRequest<'_>,
    state: &str,
    pending: &PendingHandoff,
) -> Result<Handoff, HandoffError> {
    let audience = arrival.origin.to_string();
    let claim =
        Claim { kind: GrantKind::PendingConfirmation, audience: &audience, state_hash: hash_of(state) };
    let taken = auth.grants().take(&pending.arrival, claim).await;
    let about = match taken.map_err(|StoreError(cause)| {
        tracing::error!(cause, "waiting handoff not read from the store");
        FailureCause::NotSaved
    })? {
        ClaimOutcome::Granted(about) => about,
        ClaimOutcome::Expired => return Err(HandoffError::TokenExpired),
        ClaimOutcome::Unknown | ClaimOutcome::WrongAudience | ClaimOutcome::WrongState => {
            return Err(HandoffError::InvalidState);
        }
    };
    Ok(serde_json::from_slice(&about).map_err(|_| FailureCause::NotSaved)?)
}

fn refused(auth: &Auth, error: &HandoffError) -> Response {
    flow_trace::fail();
    auth.metrics().refused(error, None);
    tracing::warn!(rule = %error, "handoff refused");
    Redirect::to(&auth.pages().login_error_url(error.code(), "/")).into_response()
}
