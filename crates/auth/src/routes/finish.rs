//! The end of a sign-in: a session, or a refusal that fits what began the sign-in.

use super::{
    callback::CallbackRequest,
    check_session::{self, Outcome},
    sign_in::{SignInRequest, refused, start},
    wanted_page,
};
use crate::{
    Auth,
    cookie::{CookieKind, SessionId, set_cookies},
    flow::{Callback, FlowError, Initiator, Pending},
    flow_trace, last_provider,
    origin::ReturnPath,
    provider::for_log,
    session::NewSession,
    sign_in, silent,
};
use axum::response::{IntoResponse, Redirect, Response};
use http::HeaderValue;

/// The outcome of a sign-in.
pub struct SignInOutcome {
    /// The answer for the visitor.
    pub response: Response,
    /// Whether the visitor has just signed in by hand.
    pub has_signed_in: bool,
    /// The session that began, by hand or silently.
    pub session: Option<BegunSession>,
}

/// A session that began, as the provider names it.
#[derive(Clone, Debug)]
pub struct BegunSession {
    /// The provider's `iss`.
    pub issuer: String,
    /// The user's `sub`.
    pub subject: String,
    /// The provider's `sid`, if it has one.
    pub sid: Option<String>,
}

/// Finishes a sign-in whose flow was taken: exchanges and verifies the code, begins a session under a new id,
/// ends the old session, and redirects to the requested page. `browser` is identity's reference for the
/// browser.
pub async fn finish_sign_in(
    auth: &Auth,
    returned: &CallbackRequest,
    pending: Pending,
    browser: Option<String>,
    mut cookies: Vec<HeaderValue>,
) -> SignInOutcome {
    let return_path = wanted_page::of(auth, &pending).await.or_else(|| returned.wanted_page(auth));
    let (return_path, initiator) = (return_path.unwrap_or_else(ReturnPath::root), pending.initiator);
    let (by_visitor, is_second) = (initiator == Initiator::Visitor, pending.is_second);
    let done = || match initiator {
        Initiator::Frame => check_session::result_page(Outcome::SignedIn),
        Initiator::Visitor | Initiator::Guard | Initiator::WaitingTab => {
            Redirect::to(return_path.as_str()).into_response()
        }
    };
    if !by_visitor && returned.session().is_some() {
        // Another tab was faster. The visitor did not ask for this sign-in, so the existing session is kept.
        flow_trace::finish();
        let response = (set_cookies(cookies), done()).into_response();
        return SignInOutcome { response, has_signed_in: false, session: None };
    }
    let jar = returned.cookies(auth);
    let may_finish = silent::may_finish(auth, jar, &returned.current, initiator);
    let result = if may_finish {
        signed_in(auth, returned, pending, browser).await
    } else {
        Err(FlowError::LoginRequired)
    };
    auth.metrics().signed_in(&returned.provider, result.as_ref().map(|_| ()));
    if let Err(error) = &result
        && !by_visitor
        && !matches!(error, FlowError::LoginRequired)
    {
        auth.metrics().refused(error, Some(&returned.provider));
    }
    if matches!(result, Err(FlowError::LoginRequired))
        && may_finish
        && !by_visitor
        && !is_second
        && let Some(asked) = ask_last_provider(auth, returned, return_path.clone(), initiator).await
    {
        let response = (set_cookies(cookies), asked).into_response();
        return SignInOutcome { response, has_signed_in: false, session: None };
    }
    let session = result.as_ref().ok().map(|(_, _, session)| session.clone());
    let has_signed_in = by_visitor && session.is_some();
    let response = match result {
        Ok((id, seconds, _)) => {
            cookies.push(jar.set(CookieKind::Session, &id.expose(), Some(seconds)));
            cookies.extend(last_provider::remember(auth, jar, &returned.provider));
            // Keep the guard's cookie: if the browser drops the session cookie, go to `/login`, do not loop.
            if by_visitor {
                cookies.extend(silent::clear_marks(jar));
            }
            done()
        }
        Err(error) if initiator == Initiator::Frame => {
            flow_trace::refuse(error.code());
            check_session::result_page(Outcome::of(&error, &returned.headers))
        }
        // The visitor did not ask for this sign-in, so no error is shown.
        Err(error) if !by_visitor => {
            flow_trace::refuse(error.code());
            if matches!(error, FlowError::LoginRequired) {
                tracing::info!(provider = returned.provider, "provider has no session in this browser");
            } else {
                tracing::warn!(provider = returned.provider, rule = %error, "silent sign-in failed");
            }
            if initiator == Initiator::WaitingTab {
                // `/auth/come-back` cleared the marks of a sign-out. The attempt failed, so set them again.
                cookies.extend(silent::mark_sign_out(auth, jar));
            }
            Redirect::to(&silent::after_refusal(auth, &returned.site, jar, &return_path)).into_response()
        }
        Err(error) => refused(auth, &error, Some(&returned.provider), &return_path),
    };
    SignInOutcome { response: (set_cookies(cookies), response).into_response(), has_signed_in, session }
}

/// Begins a second silent sign-in: the first provider knows no user, and identity says that this browser signed in with
/// another provider.
async fn ask_last_provider(
    auth: &Auth,
    returned: &CallbackRequest,
    return_path: ReturnPath,
    initiator: Initiator,
) -> Option<Response> {
    let last = returned.last_provider(auth).filter(|last| *last != returned.provider)?;
    auth.provider(last).filter(|last| last.can_be_silent())?;
    let request = SignInRequest { is_second: true, ..SignInRequest::silent(return_path, initiator) };
    let begun = start(auth, returned.cookies(auth), last, &request).await;
    begun.inspect_err(|error| tracing::info!(rule = %error, "second silent sign-in not begun")).ok()
}

async fn signed_in(
    auth: &Auth,
    returned: &CallbackRequest,
    pending: Pending,
    browser: Option<String>,
) -> Result<(SessionId, i64, BegunSession), FlowError> {
    if let Some(error) = returned.params.get("error") {
        let description = returned.params.get("error_description").unwrap_or_default();
        tracing::info!(
            provider = returned.provider,
            error = for_log(error),
            description = for_log(description),
            "provider returned an error"
        );
    }
    let callback = Callback::read(&returned.params)?;
    let provider = auth.provider(&returned.provider).ok_or(FlowError::UnknownProvider)?;
    let endpoints = provider.endpoints().await?;
    let by_frame = pending.initiator == Initiator::Frame;
    let authorized = pending.check(callback, &provider.config.id, &endpoints)?;
    let new = NewSession { browser, ..provider.finish(authorized).await? };
    // In a frame, identity may not know the browser. Then a sign-out elsewhere could not end this session, so
    // leave the sign-in to the visitor.
    if by_frame && auth.identity_origins().canonical().is_some() && new.sid.is_none() && new.browser.is_none()
    {
        return Err(FlowError::NoWayToSignOut);
    }
    let (id, record) = sign_in::begin_session(auth, returned.session(), &returned.headers, new).await?;
    tracing::info!(provider = provider.config.id, session = record.public_id, "signed in");
    let seconds = auth.sessions().cookie_seconds(&record);
    Ok((id, seconds, BegunSession { issuer: record.issuer, subject: record.subject, sid: record.sid }))
}
