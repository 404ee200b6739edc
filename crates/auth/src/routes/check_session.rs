//! `GET /auth/check-session` (article 3, `checkSession`): a hidden frame asks who is signed in at the
//! provider, without leaving the page.
//!
//! The frame goes the way of every sign-in, with `prompt=none`, and ends on a page of this origin that
//! tells the one around it what came of it. All of it has to be one site: frames of other sites get no
//! cookies, so their answer says nothing. Where a request of the frame crossed sites, which the browser says
//! (`Sec-Fetch-Site` counts every redirect on the way), the answer is "unavailable" and nothing follows
//! from it. Nor does a sign-out ever follow: that is for the server to find out (`refresh/mod.rs`).

use super::{
    sign_in::{SignInRequest, start},
    silent::provider,
};
use crate::{
    Auth, Refusal,
    flow::{AuthorizeHints, FlowError, Initiator},
    origin::{FetchMetadata, RequestOrigin, ReturnPath},
    session::Session,
    silent,
};
use auth_types::{CurrentSession, SessionState};
use axum::{
    Extension,
    extract::State,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, header};
use maud::{DOCTYPE, html};

/// Only a page of this origin may hold the frame, and only our script runs in it.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
);

/// What the page around the frame is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// There is a session here now.
    SignedIn,
    /// The provider knows nobody in this browser, or nobody may ask it.
    LoginRequired,
    /// Nobody can say: blocked cookies, a provider in trouble. The page need not ask again.
    Unavailable,
}

impl Outcome {
    /// What a sign-in that failed in the frame means.
    pub(super) fn of(error: &FlowError, headers: &HeaderMap) -> Self {
        let is_answer = matches!(error, FlowError::LoginRequired) && !is_cross_site(headers);
        tracing::info!(rule = %error, is_answer, "a hidden frame did not sign anybody in");
        if is_answer { Self::LoginRequired } else { Self::Unavailable }
    }

    fn as_str(self) -> &'static str {
        match self {
            Self::SignedIn => "signed_in",
            Self::LoginRequired => "login_required",
            Self::Unavailable => "unavailable",
        }
    }
}

/// `GET /auth/check-session`, in a frame of a page of this origin: leads to the provider and back, with
/// `prompt=none`, and ends on a page that posts `{type: "check_session", version: 1, result}` to the one
/// around it, `result` being `signed_in`, `login_required` or `unavailable`. After a sign-out it asks
/// nobody: what somebody ended is not begun again behind their back.
///
/// # Errors
/// 403 `not_a_frame` for everything but a frame of this origin.
pub(super) async fn check_session(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    headers: HeaderMap,
) -> Result<Response, Refusal> {
    if !is_own_frame(&headers) {
        let sentence = "This address is for a hidden frame of this site's own pages.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_a_frame", sentence));
    }
    match &current {
        Ok(SessionState::SignedIn(_)) => return Ok(result_page(Outcome::SignedIn)),
        Ok(SessionState::SignedOut(_)) => {}
        Err(_) => return Ok(result_page(Outcome::Unavailable)),
    }
    let jar = auth.cookies(&origin, &headers);
    if !silent::is_open(&current) || silent::was_ended(&auth, jar) {
        return Ok(result_page(Outcome::LoginRequired));
    }
    let Some(provider) = provider(&auth, jar) else {
        return Ok(result_page(Outcome::Unavailable));
    };
    let request = SignInRequest {
        return_path: ReturnPath::root(),
        hints: AuthorizeHints::silent(),
        initiator: Initiator::Frame,
    };
    let begun = start(&auth, jar, &provider.config.id, &request).await;
    Ok(begun.unwrap_or_else(|error| result_page(Outcome::of(&error, &headers))))
}

/// The page at the end.
pub(super) fn result_page(outcome: Outcome) -> Response {
    let markup = html! {
        (DOCTYPE)
        html lang="en" data-result=(outcome.as_str()) {
            head {
                meta charset="utf-8";
                title { "Session check" }
                script src="/auth/check-session.js" {}
            }
        }
    };
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], Html(markup.into_string())).into_response()
}

/// `GET /auth/check-session.js`: the one line the page at the end runs.
pub(super) async fn script() -> impl IntoResponse {
    const SCRIPT: &str = "parent.postMessage({ type: 'check_session', version: 1, \
        result: document.documentElement.dataset.result }, location.origin);\n";
    ([(header::CONTENT_TYPE, "text/javascript"), (header::CACHE_CONTROL, "public, max-age=3600")], SCRIPT)
}

/// Whether the browser says that a page of this origin holds a frame, and loads it now.
fn is_own_frame(headers: &HeaderMap) -> bool {
    FetchMetadata::of(headers).is_frame_of("same-origin")
}

/// Whether a request on the way here went to another site, whose cookies did not come along.
fn is_cross_site(headers: &HeaderMap) -> bool {
    FetchMetadata::of(headers).site == "cross-site"
}
