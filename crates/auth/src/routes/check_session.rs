//! `GET /auth/check-session` (article 3, `checkSession`): a hidden frame asks the provider who is signed in,
//! without leaving the page.
//!
//! The frame follows the redirects of every sign-in, with `prompt=none`. It ends on a page of this origin,
//! which posts the result to the page around the frame. Everything must be on one site: browsers send no
//! cookies from frames of other sites, so an answer from there proves nothing. If a request of the frame
//! crossed sites (`Sec-Fetch-Site` covers every redirect on the way), the result is "unavailable". No result
//! signs a user out: the server finds ended provider sessions (`refresh/attempt.rs`).

use super::sign_in::{SignInRequest, start};
use crate::{
    Auth, Refusal,
    flow::{FlowError, Initiator},
    last_provider,
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

/// Only a page of this origin may contain the frame, and only this app's script runs in the frame.
const POLICY: HeaderValue = HeaderValue::from_static(
    "default-src 'none'; script-src 'self'; frame-ancestors 'self'; base-uri 'none'; form-action 'none'",
);

/// The result for the page around the frame.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Outcome {
    /// The browser has a session at this app now.
    SignedIn,
    /// The provider has no session in this browser, or the user has signed out here.
    LoginRequired,
    /// Unknown, because cookies are blocked or the provider is unavailable. The page need not ask again.
    Unavailable,
}

impl Outcome {
    /// Returns the result for a sign-in that failed in the frame.
    pub(super) fn of(error: &FlowError, headers: &HeaderMap) -> Self {
        let is_answer = matches!(error, FlowError::LoginRequired) && !is_cross_site(headers);
        tracing::info!(rule = %error, is_answer, "no sign-in in a hidden frame");
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

/// `GET /auth/check-session`, in a frame of a page of this origin: redirects to the provider and back, with
/// `prompt=none`. The last page posts `{type: "check_session", version: 1, result}` to the page around the
/// frame. The `result` is `signed_in`, `login_required` or `unavailable`.
///
/// After a sign-out the frame does not ask the provider, so that no sign-out is undone.
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
        let sentence = "This address works only in a hidden frame of this app.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "not_a_frame", sentence));
    }
    match &current {
        Ok(SessionState::SignedIn(_)) => return Ok(result_page(Outcome::SignedIn)),
        Ok(SessionState::SignedOut(_)) => {}
        Err(_) => return Ok(result_page(Outcome::Unavailable)),
    }
    let jar = auth.cookies(&origin, &headers);
    if !silent::allows_silent_sign_in(&current) || silent::was_ended(&auth, jar) {
        return Ok(result_page(Outcome::LoginRequired));
    }
    let Some(provider) = last_provider::to_ask(&auth, jar) else {
        return Ok(result_page(Outcome::Unavailable));
    };
    let request = SignInRequest::silent(ReturnPath::root(), Initiator::Frame);
    let begun = start(&auth, jar, &provider.config.id, &request).await;
    Ok(begun.unwrap_or_else(|error| result_page(Outcome::of(&error, &headers))))
}

/// Renders the last page, which posts the result.
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

/// `GET /auth/check-session.js`: the script of the last page.
pub(super) async fn script() -> impl IntoResponse {
    const SCRIPT: &str = "parent.postMessage({ type: 'check_session', version: 1, \
        result: document.documentElement.dataset.result }, location.origin);\n";
    ([(header::CONTENT_TYPE, "text/javascript"), (header::CACHE_CONTROL, "public, max-age=3600")], SCRIPT)
}

/// Whether the browser says that a frame in a page of this origin makes this request.
fn is_own_frame(headers: &HeaderMap) -> bool {
    FetchMetadata::of(headers).is_frame_of("same-origin")
}

/// Whether a redirect on the way went through another site, where the frame has no cookies.
fn is_cross_site(headers: &HeaderMap) -> bool {
    FetchMetadata::of(headers).site == "cross-site"
}
