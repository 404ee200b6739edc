//! `GET /auth/callback/{provider}` and `GET /auth/logout/callback`.

use super::{
    finish::{BegunSession, SignInOutcome, finish_sign_in},
    sign_in::{authorization_url, refused},
    wanted_page,
};
use crate::{
    Auth, Refusal,
    cookie::{Cookies, set_cookies},
    flow::{Flow, FlowError, Initiator, Pending, SigningOut, Silent},
    flow_trace::{self, StepKind},
    jws::is_identifier,
    last_provider::LAST_PROVIDER_PARAM,
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    request_id::carry,
    session::{Session, SessionState},
    sign_in_events::{AppHandle, HANDLE_PARAM, RECEIPT_PARAM, REFERENCE_PARAM},
    site::AppPages,
    store::StoreError,
};
use auth_types::CurrentSession;
use axum::{
    extract::{FromRequestParts, Path, RawQuery, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, HeaderValue, StatusCode, request::Parts};

/// The request of a visitor who comes back from a provider. Repeated parameters get 400 before anything else
/// is checked.
pub struct CallbackRequest {
    /// The origin of the request.
    pub origin: Origin,
    /// The session before the callback.
    pub current: CurrentSession<Session>,
    /// The provider's id in the path.
    pub provider: String,
    /// The parameters of the callback.
    pub params: UniqueParams,
    /// The request headers, including the cookies that bind the flow to this browser.
    pub headers: HeaderMap,
    /// The app's pages.
    pub(super) site: AppPages,
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
            tracing::error!("callback route is not behind `protect`");
            StatusCode::INTERNAL_SERVER_ERROR.into_response()
        })?;
        Ok(Self { origin, current, provider, params, headers: parts.headers.clone(), site })
    }
}

impl CallbackRequest {
    /// Returns the cookies of the request.
    pub(super) fn cookies<'a>(&'a self, auth: &'a Auth) -> Cookies<'a> {
        auth.cookies(&self.origin, &self.headers)
    }

    /// Returns the session before the callback, if it is live.
    pub(super) fn session(&self) -> Option<&Session> {
        self.current.as_ref().ok().and_then(SessionState::session)
    }

    /// Takes the flow that this callback finishes: once, and only in the browser where the flow began.
    /// Returns the flow, and the cookies that clear it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer. The flow is then not used up.
    pub async fn take_flow<F: Flow>(&self, auth: &Auth) -> Result<Option<(F, Vec<HeaderValue>)>, StoreError> {
        match self.params.get("state") {
            Some(state) => auth.flows().take(state, self.cookies(auth)).await,
            None => Ok(None),
        }
    }

    /// Returns the page that the visitor wanted when the sign-in began, if this app made the `state`.
    #[must_use]
    pub fn wanted_page(&self, auth: &Auth) -> Option<ReturnPath> {
        let (flows, state) = (auth.flows(), self.params.get("state")?);
        flows.page_of::<Pending>(state).or_else(|| flows.page_of::<Silent>(state))
    }

    /// Returns identity's reference for this browser, if the callback came from identity with a reference.
    fn browser_reference(&self, auth: &Auth) -> Option<String> {
        auth.identity_origins().canonical()?;
        self.params.get(REFERENCE_PARAM).filter(|text| is_identifier(text)).map(ToOwned::to_owned)
    }

    /// Returns the id of the provider that this browser signed in with last, if the callback came from identity and says
    /// it.
    pub(super) fn last_provider(&self, auth: &Auth) -> Option<&str> {
        auth.identity_origins().canonical()?;
        self.params.get(LAST_PROVIDER_PARAM)
    }

    /// Sends the callback's receipt back to identity, so that identity tells the other apps of this sign-in. Identity
    /// gives a receipt for a silent sign-in only to previews.
    fn confirm(&self, auth: Auth, session: BegunSession) {
        let Some(receipt) = self.params.get(RECEIPT_PARAM).map(ToOwned::to_owned) else { return };
        tokio::spawn(carry(async move {
            if let Some(identity) = &auth.identity() {
                identity.confirm_sign_in(auth.http(), &receipt, &session).await;
            }
        }));
    }

    /// Returns the cookie with identity's handle for this browser, if the callback came from identity with a
    /// handle. Identity sends handles only from its canonical origin, and a frame may use another origin.
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
/// 400 for repeated parameters; 503 when the store is down; otherwise 303 to `/login?error=` with the error's
/// code, and no session.
pub(super) async fn callback(
    State(auth): State<Auth>,
    returned: CallbackRequest,
) -> Result<Response, Refusal> {
    if let Some(again) = without_answer(&auth, &returned).await? {
        return Ok(again);
    }
    flow_trace::resume(returned.params.get("state").unwrap_or_default());
    flow_trace::step(StepKind::Callback);
    let Some((pending, mut cookies)) = returned.take_flow::<Pending>(&auth).await? else {
        return Ok(without_flow(&auth, &returned));
    };
    cookies.extend(returned.handle_cookie(&auth, pending.initiator));
    let browser = returned.browser_reference(&auth);
    let SignInOutcome { response, session, .. } =
        finish_sign_in(&auth, &returned, pending, browser, cookies).await;
    if let Some(session) = session {
        returned.confirm(auth, session);
    }
    Ok(response)
}

/// Answers a callback with neither a code nor an error: identity has lost its record of the sign-in, as after a double
/// click at the provider. If the sign-in of this browser is still under way, it goes to identity again, once. The
/// sign-in is not used up. `None` if the callback has an answer.
async fn without_answer(auth: &Auth, returned: &CallbackRequest) -> Result<Option<Response>, StoreError> {
    if ["code", "error"].iter().any(|name| returned.params.get(name).is_some()) {
        return Ok(None);
    }
    let state = returned.params.get("state").unwrap_or_default();
    let pending = auth.flows().peek::<Pending>(state, returned.cookies(auth));
    let by_hand = pending
        .filter(|pending| pending.initiator == Initiator::Visitor && pending.provider == returned.provider);
    if let Some(pending) = by_hand
        && returned.session().is_none()
        && auth.flows().may_restart(state).await?
        && let Ok(url) = authorization_url(auth, &returned.origin, (state, &pending)).await
    {
        tracing::info!(provider = returned.provider, "sign-in goes to identity again");
        return Ok(Some(Redirect::to(url.as_str()).into_response()));
    }
    Ok(Some(without_flow(auth, returned)))
}

/// Answers a callback that finishes no flow of this browser: it is expired, used, from another browser, or made up. If this
/// app made its `state`, the visitor still gets to the page that was wanted: at once if signed in, else by the sign-in
/// page's button.
pub fn without_flow(auth: &Auth, returned: &CallbackRequest) -> Response {
    let state = returned.params.get("state").unwrap_or_default();
    if let Some(page) = auth.flows().read_state::<Silent, String>(state) {
        // The visitor did not ask for this sign-in, so no error is shown. The page knows whether the user is signed in now. A
        // long address is not in the `state`: then it is the start page.
        let page = ReturnPath::or_root(Some(&page));
        tracing::info!(rule = "invalid_state", "no such flow; a silent sign-in");
        return Redirect::to(page.as_str()).into_response();
    }
    without_flow_at(auth, returned.wanted_page(auth), returned.session().is_some())
}

/// As [`without_flow`], for a visitor who wanted this page.
pub(super) fn without_flow_at(auth: &Auth, wanted: Option<ReturnPath>, is_signed_in: bool) -> Response {
    match wanted {
        Some(page) if is_signed_in => {
            tracing::info!(rule = "invalid_state", "no such flow; the user is signed in");
            Redirect::to(page.as_str()).into_response()
        }
        wanted => refused(auth, &FlowError::InvalidState, None, &wanted.unwrap_or_else(ReturnPath::root)),
    }
}

/// `GET /auth/logout/callback`: the visitor comes back from the provider's sign-out.
pub(super) async fn logout_callback(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    finish_sign_out(&auth, auth.cookies(&origin, &headers), params.get("state")).await
}

/// Finishes a sign-out: redirects to the requested page if `state` belongs to this browser, else to the
/// signed-out page. The session ended before the visitor left, so this redirect affects no session.
pub async fn finish_sign_out(auth: &Auth, jar: Cookies<'_>, state: Option<&str>) -> Response {
    let state = state.unwrap_or_default();
    flow_trace::resume(state);
    flow_trace::step(StepKind::SignedOutAtProvider);
    match auth.flows().take::<SigningOut>(state, jar).await {
        Ok(Some((flow, clear))) => {
            flow_trace::finish();
            let return_path = wanted_page::of_sign_out(auth, &flow).await;
            (set_cookies(clear), Redirect::to(return_path.as_str())).into_response()
        }
        Ok(None) => Redirect::to(&auth.pages().signed_out).into_response(),
        Err(cause) => {
            tracing::error!(%cause, "sign-out flow not read; redirecting to the signed-out page");
            Redirect::to(&auth.pages().signed_out).into_response()
        }
    }
}
