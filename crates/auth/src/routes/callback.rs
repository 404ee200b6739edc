//! `GET /auth/callback/{provider}` and `GET /auth/logout/callback`.

use super::sign_in::refused;
use crate::{
    Auth, error_page,
    flow::{Callback, Flow, FlowError, FlowTicket, Pending, SigningOut},
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    session::{CookieKind, CurrentSession, SessionId, set_cookies},
    store::StoreError,
};
use auth_types::EndReason;
use axum::{
    extract::{FromRequestParts, Path, RawQuery, Request, State},
    middleware::Next,
    response::{IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, StatusCode, request::Parts};

/// Middleware for the endpoints that use a flow up or begin one on GET: HEAD and prefetches do neither. A
/// browser that prefetched asks again when the visitor really goes there.
pub async fn navigation_only(request: Request, next: Next) -> Response {
    let purpose = request.headers().get("sec-purpose");
    if request.method() == Method::HEAD {
        StatusCode::METHOD_NOT_ALLOWED.into_response()
    } else if purpose.is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch")) {
        StatusCode::SERVICE_UNAVAILABLE.into_response()
    } else {
        next.run(request).await
    }
}

/// A visitor who comes back from a provider: what a callback is made of. Doubled parameters are a 400
/// before anything is looked at.
pub struct Returned {
    /// The origin they came back to.
    pub origin: Origin,
    /// The session they had before.
    pub current: CurrentSession,
    /// The provider in the path.
    pub provider: String,
    /// What the provider says.
    pub params: UniqueParams,
    /// With the cookies that tie the flow to this browser.
    pub headers: HeaderMap,
}

impl<S: Send + Sync> FromRequestParts<S> for Returned {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Response> {
        let RequestOrigin(origin) =
            RequestOrigin::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let Path(provider) =
            Path::<String>::from_request_parts(parts, state).await.map_err(IntoResponse::into_response)?;
        let query = parts.uri.query().unwrap_or_default();
        let params = UniqueParams::parse(query.as_bytes()).map_err(|error| {
            let sentence = error.to_string();
            error_page::refuse(&parts.headers, StatusCode::BAD_REQUEST, "invalid_parameters", &sentence)
        })?;
        let current = parts.extensions.get().cloned().unwrap_or(CurrentSession::SignedOut(None));
        Ok(Self { origin, current, provider, params, headers: parts.headers.clone() })
    }
}

impl Returned {
    /// The flow it answers, taken once and only for the browser that began it.
    ///
    /// # Errors
    /// [`StoreError`] when the store does not answer; the flow is still there then.
    pub async fn take_flow(&self, auth: &Auth) -> Result<Option<(Flow, FlowTicket)>, StoreError> {
        match self.params.get("state") {
            Some(state) => auth.flows.take(state, &self.origin, &self.headers).await,
            None => Ok(None),
        }
    }
}

/// `GET /auth/callback/{provider}`: finishes a sign-in that this browser began.
///
/// # Errors
/// 400 for doubled parameters; else back to `/login?error=` with the rule's code, and no session.
pub(super) async fn callback(State(auth): State<Auth>, returned: Returned) -> Response {
    match returned.take_flow(&auth).await {
        Ok(Some((Flow::SignIn(pending), ticket))) => finish_sign_in(&auth, &returned, pending, ticket).await,
        Ok(_) => refused(&FlowError::InvalidState, &ReturnPath::root(), &returned.headers),
        Err(error) => refused(&error.into(), &ReturnPath::root(), &returned.headers),
    }
}

/// The rest of a sign-in, from a flow that was taken: exchange, verify, a new session under a new id,
/// the old one ended, and back to where the visitor wanted to go.
pub async fn finish_sign_in(
    auth: &Auth,
    returned: &Returned,
    pending: Pending,
    ticket: FlowTicket,
) -> Response {
    let return_path = pending.return_path();
    let mut cookies = ticket.cookies;
    let response = match signed_in(auth, returned, pending).await {
        Ok((id, seconds)) => {
            cookies.push(auth.cookies.set(
                CookieKind::Session,
                &returned.origin,
                &id.expose(),
                Some(seconds),
            ));
            Redirect::to(return_path.as_str()).into_response()
        }
        Err(error) => refused(&error, &return_path, &returned.headers),
    };
    (set_cookies(cookies), response).into_response()
}

async fn signed_in(
    auth: &Auth,
    returned: &Returned,
    pending: Pending,
) -> Result<(SessionId, i64), FlowError> {
    let callback = Callback::read(&returned.params)?;
    let provider = auth.provider(&returned.provider).ok_or(FlowError::UnknownProvider)?;
    let endpoints = provider.endpoints().await?;
    let authorized = pending.check(callback, &provider.config.id, &endpoints)?;
    let new = provider.finish(authorized).await?;
    let (id, record) = auth.sessions.begin(new).await?;
    if let CurrentSession::SignedIn(old) = &returned.current {
        let reason =
            if old.record.same_user(&record) { EndReason::SignedOut } else { EndReason::UserChanged };
        auth.sessions.end(&old.key, reason).await.map_err(|error| error.0)?;
    }
    tracing::info!(provider = provider.config.id, session = record.public_id, "signed in");
    Ok((id, auth.sessions.cookie_seconds(&record)))
}

/// `GET /auth/logout/callback`: the visitor is back from the provider's sign-out.
pub(super) async fn logout_callback(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
    headers: HeaderMap,
) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    finish_sign_out(&auth, &origin, params.get("state"), &headers).await
}

/// The end of a sign-out: to the page that was asked for when `state` is this browser's, else to
/// `/signed-out`. The session ended before the visitor left, so nothing depends on this.
pub async fn finish_sign_out(
    auth: &Auth,
    origin: &Origin,
    state: Option<&str>,
    headers: &HeaderMap,
) -> Response {
    match taken(auth, origin, state.unwrap_or_default(), headers).await {
        Ok(Some((SigningOut { return_path }, ticket))) => {
            (set_cookies(ticket.cookies), Redirect::to(ReturnPath::or_root(Some(&return_path)).as_str()))
                .into_response()
        }
        Ok(None) => Redirect::to("/signed-out").into_response(),
        Err(cause) => {
            tracing::error!(%cause, "a sign-out could not find its way back");
            Redirect::to("/signed-out").into_response()
        }
    }
}

async fn taken(
    auth: &Auth,
    origin: &Origin,
    state: &str,
    headers: &HeaderMap,
) -> Result<Option<(SigningOut, FlowTicket)>, StoreError> {
    Ok(match auth.flows.take(state, origin, headers).await? {
        Some((Flow::SignOut(signing_out), ticket)) => Some((signing_out, ticket)),
        _ => None,
    })
}
