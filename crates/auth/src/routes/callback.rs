//! `GET /auth/callback/{provider}` and `GET /auth/logout/callback`.

use super::{
    check_session::{self, Outcome},
    sign_in::refused,
};
use crate::{
    Auth, Refusal,
    cookie::{CookieKind, Cookies, SessionId, set_cookies},
    flow::{Callback, Flow, FlowError, Initiator, Pending, SigningOut},
    jws::is_identifier,
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    provider::for_log,
    session::{NewSession, Session, SessionState},
    sign_in,
    sign_in_events::{AppHandle, HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM},
    silent,
    site::AppPages,
    store::StoreError,
};
use auth_types::CurrentSession;
use axum::{
    extract::{FromRequestParts, Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, request::Parts};

/// How long a browser remembers the provider it signed in with last, seconds: half a year.
const PROVIDER_REMEMBERED: i64 = 180 * 24 * 60 * 60;

/// A visitor who comes back from a provider: what a callback is made of. Doubled parameters are a 400
/// before anything is looked at.
pub struct CallbackRequest {
    /// The origin they came back to.
    pub origin: Origin,
    /// The session they had before.
    pub current: CurrentSession<Session>,
    /// The provider in the path.
    pub provider: String,
    /// What the provider says.
    pub params: UniqueParams,
    /// With the cookies that tie the flow to this browser.
    pub headers: HeaderMap,
    /// The app's pages.
    site: AppPages,
}

impl<S: Send + Sync> FromRequestParts<S> for CallbackRequest {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let RequestOrigin(origin) =
            RequestOrigin::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let Path(provider) =
            Path::<String>::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let query = parts.uri.query().unwrap_or_default();
        let params =
            UniqueParams::parse(query.as_bytes()).map_err(|error| Refusal::from(error).into_response())?;
        let current = parts.extensions.get().cloned().unwrap_or(Ok(SessionState::SignedOut(None)));
        let site = parts.extensions.get().cloned().ok_or_else(|| {
            tracing::error!("a callback stands outside of `protect`");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })?;
        Ok(Self { origin, current, provider, params, headers: parts.headers.clone(), site })
    }
}

impl CallbackRequest {
    /// The cookies of the request.
    fn cookies<'a>(&'a self, auth: &'a Auth) -> Cookies<'a> {
        auth.cookies(&self.origin, &self.headers)
    }

    /// The session from before, if it is live.
    fn session(&self) -> Option<&Session> {
        self.current.as_ref().ok().and_then(SessionState::session)
    }

    /// The flow it answers, taken once and only for the browser that began it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; the flow is still there then.
    pub async fn take_flow<F: Flow>(&self, auth: &Auth) -> Result<Option<(F, Vec<HeaderValue>)>, StoreError> {
        match self.params.get("state") {
            Some(state) => auth.flows().take(state, self.cookies(auth)).await,
            None => Ok(None),
        }
    }

    /// Identity's reference for this browser, if it came from there and says so.
    fn browser_reference(&self, auth: &Auth) -> Option<String> {
        auth.identity_origins().canonical()?;
        self.params.get(REFERENCE_PARAM).filter(|text| is_identifier(text)).map(ToOwned::to_owned)
    }

    /// Tells identity that the sign-in which came with its receipt is complete, so that it tells the others.
    fn confirm(&self, auth: Auth) {
        let Some(receipt) = self.params.get(RECEIPT_PARAM).map(ToOwned::to_owned) else { return };
        tokio::spawn(async move {
            if let Some(identity) = &auth.identity() {
                identity.confirm_sign_in(auth.http(), &receipt).await;
            }
        });
    }

    /// The cookie that keeps what identity calls this browser, if it came from there and says so. Identity says
    /// it at its canonical origin only, where a frame does not lead.
    fn handle_cookie(&self, auth: &Auth, initiator: Initiator) -> Option<HeaderValue> {
        if initiator == Initiator::Frame {
            return None;
        }
        auth.identity_origins().canonical()?;
        let handle = AppHandle::parse(self.params.get(HANDLE_PARAM)?)?;
        Some(auth.browsers().remember(&handle, self.cookies(auth)))
    }
}

/// `GET /auth/callback/{provider}`: finishes a sign-in that this browser began.
///
/// # Errors
/// 400 for doubled parameters; else back to `/login?error=` with the rule's code, and no session.
pub(super) async fn callback(
    State(auth): State<Auth>,
    returned: CallbackRequest,
) -> Result<Response, Refusal> {
    let Some((pending, mut cookies)) = returned.take_flow::<Pending>(&auth).await? else {
        return Ok(refused(&auth, &FlowError::InvalidState, &ReturnPath::root()));
    };
    cookies.extend(returned.handle_cookie(&auth, pending.initiator));
    let browser = returned.browser_reference(&auth);
    let SignInOutcome { response, has_signed_in } =
        finish_sign_in(&auth, &returned, pending, browser, cookies).await;
    if has_signed_in {
        returned.confirm(auth);
    }
    Ok(response)
}

/// How a sign-in ended.
pub struct SignInOutcome {
    /// Where the visitor goes from here.
    pub response: Response,
    /// Whether they have signed in by hand, just now.
    pub has_signed_in: bool,
}

/// The rest of a sign-in, from a flow that was taken: exchange, verify, a new session under a new id,
/// the old one ended, and back to where the visitor wanted to go. `browser` is identity's reference for the browser.
pub async fn finish_sign_in(
    auth: &Auth,
    returned: &CallbackRequest,
    pending: Pending,
    browser: Option<String>,
    mut cookies: Vec<HeaderValue>,
) -> SignInOutcome {
    let (return_path, initiator) = (pending.return_path(), pending.initiator);
    let by_visitor = initiator == Initiator::Visitor;
    let done = || match initiator {
        Initiator::Frame => check_session::result_page(Outcome::SignedIn),
        Initiator::Visitor | Initiator::Guard | Initiator::WaitingTab => {
            Redirect::to(return_path.as_str()).into_response()
        }
    };
    if !by_visitor && returned.session().is_some() {
        // Another tab was faster. Nobody asked for this sign-in, so it replaces nothing.
        let response = (set_cookies(cookies), done()).into_response();
        return SignInOutcome { response, has_signed_in: false };
    }
    let jar = returned.cookies(auth);
    let result = if silent::may_finish(auth, jar, &returned.current, initiator) {
        signed_in(auth, returned, pending, browser).await
    } else {
        Err(FlowError::LoginRequired)
    };
    let has_signed_in = by_visitor && result.is_ok();
    let response = match result {
        Ok((id, seconds)) => {
            cookies.push(jar.set(CookieKind::Session, &id.expose(), Some(seconds)));
            if auth.providers().len() > 1 {
                let last = &returned.provider;
                cookies.push(jar.set(CookieKind::Provider, last, Some(PROVIDER_REMEMBERED)));
            }
            // The guard's own try leaves its cookie: should this browser not keep the session's, the page
            // leads to `/login` and not here again.
            if by_visitor {
                cookies.extend(silent::forgotten(jar));
            }
            done()
        }
        Err(error) if initiator == Initiator::Frame => {
            check_session::result_page(Outcome::of(&error, &returned.headers))
        }
        // The visitor did not ask for this sign-in, so no failure of it is shown.
        Err(error) if !by_visitor => {
            if matches!(error, FlowError::LoginRequired) {
                tracing::info!(provider = returned.provider, "the provider knows nobody in this browser");
            } else {
                tracing::warn!(provider = returned.provider, rule = %error, "a silent sign-in failed");
            }
            if initiator == Initiator::WaitingTab {
                // Coming back has put aside what somebody ended here; nothing came of it.
                cookies.extend(silent::ended(auth, jar));
            }
            Redirect::to(&silent::after_refusal(auth, &returned.site, jar, &return_path)).into_response()
        }
        Err(error) => refused(auth, &error, &return_path),
    };
    SignInOutcome { response: (set_cookies(cookies), response).into_response(), has_signed_in }
}

async fn signed_in(
    auth: &Auth,
    returned: &CallbackRequest,
    pending: Pending,
    browser: Option<String>,
) -> Result<(SessionId, i64), FlowError> {
    if let Some(error) = returned.params.get("error") {
        let description = returned.params.get("error_description").unwrap_or_default();
        tracing::info!(
            provider = returned.provider,
            error = for_log(error),
            description = for_log(description),
            "the provider refused"
        );
    }
    let callback = Callback::read(&returned.params)?;
    let provider = auth.provider(&returned.provider).ok_or(FlowError::UnknownProvider)?;
    let endpoints = provider.endpoints().await?;
    let by_frame = pending.initiator == Initiator::Frame;
    let authorized = pending.check(callback, &provider.config.id, &endpoints)?;
    let new = NewSession { browser, ..provider.finish(authorized).await? };
    // In a frame identity may not know the browser. Every other way does, so that one is left to the visitor.
    if by_frame && auth.identity_origins().canonical().is_some() && new.sid.is_none() && new.browser.is_none()
    {
        return Err(FlowError::NoWayToSignOut);
    }
    let (id, record) = sign_in::begin_session(auth, returned.session(), &returned.headers, new).await?;
    tracing::info!(provider = provider.config.id, session = record.public_id, "signed in");
    Ok((id, auth.sessions().cookie_seconds(&record)))
}

/// `GET /auth/logout/callback`: the visitor is back from the provider's sign-out.
pub(super) async fn logout_callback(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    finish_sign_out(&auth, auth.cookies(&origin, &headers), params.get("state")).await
}

/// The end of a sign-out: to the page that was asked for when `state` is this browser's, else to
/// the page for that. The session ended before the visitor left, so nothing depends on this.
pub async fn finish_sign_out(auth: &Auth, jar: Cookies<'_>, state: Option<&str>) -> Response {
    match auth.flows().take::<SigningOut>(state.unwrap_or_default(), jar).await {
        Ok(Some((SigningOut { return_path }, clear))) => {
            let return_path = ReturnPath::or_root(Some(&return_path));
            (set_cookies(clear), Redirect::to(return_path.as_str())).into_response()
        }
        Ok(None) => Redirect::to(&auth.pages().signed_out).into_response(),
        Err(cause) => {
            tracing::error!(%cause, "a sign-out could not find its way back");
            Redirect::to(&auth.pages().signed_out).into_response()
        }
    }
}
