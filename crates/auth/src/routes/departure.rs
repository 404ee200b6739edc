//! Leaving for the provider: the page that answers a form, and the address it goes on to.
//!
//! Chromium checks every redirect that follows a form against the page's `form-action` (CSP Level 3 §6.5.1). A
//! provider may send the visitor on to other hosts, as in a federated login, which no app can list. So the answer
//! to a form is a small page, and the page begins a new navigation. The page holds no token: it names the flow's
//! `state`, and the flow itself is in this browser's cookie.

use super::{callback::without_flow_at, sign_in, wanted_page};
use crate::{
    Auth, Refusal,
    cookie::{Cookies, set_cookies},
    flow::{Departure, Pending, SigningOut},
    flow_trace::{self, StepKind},
    origin::{RequestOrigin, ReturnPath, UniqueParams},
    session::Session,
};
use auth_types::{CurrentSession, SessionState, encode_query};
use axum::{
    Extension,
    extract::{RawQuery, State},
    response::{Html, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderName, HeaderValue, header};
use maud::{DOCTYPE, html};

/// The address that the page of a sign-in or sign-out goes on to.
pub(super) const PATH: &str = "/auth/continue";

/// Nothing loads, nothing frames the page, and its address stays with this app.
const HEADERS: [(HeaderName, HeaderValue); 3] = [
    (
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static(
            "default-src 'none'; form-action 'none'; frame-ancestors 'none'; base-uri 'none'",
        ),
    ),
    (header::CACHE_CONTROL, HeaderValue::from_static("no-store")),
    (header::REFERRER_POLICY, HeaderValue::from_static("no-referrer")),
];

/// Renders the page that goes on to the flow with this `state`, with the cookies of the flow.
pub(super) fn page_of_flow(state: &str, cookies: Vec<HeaderValue>) -> Response {
    page(&format!("{PATH}?state={}", encode_query(state)), cookies)
}

/// Renders the page that goes on to `address`, with these cookies. `address` is a path of this app, or an address of a
/// trusted app; it must contain no token.
#[must_use]
pub fn page(address: &str, cookies: Vec<HeaderValue>) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                meta http-equiv="refresh" content={ "0;url=" (address) };
                title { "One moment" }
            }
            body {
                p { a href=(address) { "Continue" } }
            }
        }
    };
    (set_cookies(cookies), HEADERS, Html(markup.into_string())).into_response()
}

/// `GET /auth/continue?state=`: 303 to the provider, or to identity in proxy mode. It works once for each flow, and
/// only in the browser where the flow began.
///
/// Without such a flow, the visitor gets to the wanted page, to the sign-in page that leads there, or to the
/// signed-out page.
///
/// # Errors
/// 503 when the store is down. The flow is then not used up.
pub(super) async fn leave(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let state = params.get("state").unwrap_or_default();
    let jar = auth.cookies(&origin, &headers);
    flow_trace::resume(state);
    flow_trace::step(StepKind::Continue);
    if let Some(departure) = auth.flows().depart::<SigningOut>(state, jar).await? {
        return Ok(sign_out(&auth, jar, state, departure).await);
    }
    let departure = auth.flows().depart::<Pending>(state, jar).await?;
    let kept = match &departure {
        Some(Departure::First(pending) | Departure::Repeated(pending)) => {
            wanted_page::of(&auth, pending).await
        }
        None => None,
    };
    let wanted = kept.or_else(|| auth.flows().page_of::<Pending>(state));
    let Some(Departure::First(pending)) = departure else {
        let session = current.as_ref().ok().and_then(SessionState::session);
        return Ok(without_flow_at(&auth, wanted, session.is_some()));
    };
    let url = sign_in::authorization_url(&auth, &origin, (state, &pending)).await;
    Ok(match url {
        Ok(url) => {
            flow_trace::step(sign_in::way_out(&auth));
            leave_for(url.as_str())
        }
        Err(error) => {
            sign_in::refused(&auth, &error, Some(&pending.provider), &wanted.unwrap_or_else(ReturnPath::root))
        }
    })
}

/// Goes to the provider's sign-out. The app's session has already ended, so every error only skips the provider.
async fn sign_out(auth: &Auth, jar: Cookies<'_>, state: &str, departure: Departure<SigningOut>) -> Response {
    // The ID token is given out once. A repeated request goes to the provider without it: the browser may have dropped
    // the first answer, and the provider's session would live on unnoticed.
    let (Departure::First(flow) | Departure::Repeated(flow)) = &departure;
    match super::sign_out::end_session_url(auth, jar, state, flow).await {
        Some(url) => {
            flow_trace::step(StepKind::SentToSignOut);
            leave_for(url.as_str())
        }
        None => {
            flow_trace::finish();
            tracing::warn!(provider = flow.provider, "provider unavailable; signed out of this app only");
            Redirect::to(wanted_page::of_sign_out(auth, flow).await.as_str()).into_response()
        }
    }
}

/// A redirect to another origin. The address of this app, with its `state`, is not sent along.
fn leave_for(url: &str) -> Response {
    ([(header::REFERRER_POLICY, HeaderValue::from_static("no-referrer"))], Redirect::to(url)).into_response()
}
