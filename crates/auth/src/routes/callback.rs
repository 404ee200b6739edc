//! `GET /auth/callback/{provider}` and `GET /auth/logout/callback`.

use super::sign_in::refused;
use crate::{
    Auth, error_page,
    flow::{Callback, Flow, FlowError, FlowTicket, Pending, SigningOut},
    origin::{Origin, RequestOrigin, ReturnPath, UniqueParams},
    session::{CookieKind, CurrentSession},
    store::StoreError,
};
use auth_types::EndReason;
use axum::{
    Extension,
    extract::{Path, RawQuery, State},
    response::{AppendHeaders, IntoResponse, Redirect, Response},
};
use http::{HeaderMap, Method, StatusCode, header::SET_COOKIE};

/// Answers what must not use up a flow: HEAD and prefetches. A browser that prefetched asks again
/// when the visitor really goes there.
///
/// # Errors
/// 405 or 503, to be sent as they are.
pub fn navigation_only(method: &Method, headers: &HeaderMap) -> Result<(), Box<Response>> {
    if *method == Method::HEAD {
        return Err(Box::new(StatusCode::METHOD_NOT_ALLOWED.into_response()));
    }
    let is_prefetch = headers
        .get("sec-purpose")
        .is_some_and(|purpose| purpose.as_bytes().starts_with(b"prefetch"));
    if is_prefetch {
        Err(Box::new(StatusCode::SERVICE_UNAVAILABLE.into_response()))
    } else {
        Ok(())
    }
}

/// `GET /auth/callback/{provider}`: finishes a sign-in that this browser began.
///
/// # Errors
/// 400 for doubled parameters; else back to `/login?error=` with the rule's code, and no session.
pub(super) async fn callback(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession>,
    Path(provider): Path<String>,
    RawQuery(query): RawQuery,
    method: Method,
    headers: HeaderMap,
) -> Response {
    if let Err(response) = navigation_only(&method, &headers) {
        return *response;
    }
    let params = match UniqueParams::parse(query.unwrap_or_default().as_bytes()) {
        Ok(params) => params,
        Err(error) => {
            return error_page::refuse(
                &headers,
                StatusCode::BAD_REQUEST,
                "invalid_parameters",
                &error.to_string(),
            );
        }
    };
    let callback = match Callback::read(&params) {
        Ok(callback) => callback,
        Err(error) => return refused(&error, &ReturnPath::root(), &headers),
    };
    match auth.flows.take(&callback.state, &origin, &headers).await {
        Ok(Some((Flow::SignIn(pending), ticket))) => {
            finish_sign_in(
                &auth, &origin, &current, &provider, pending, ticket, callback, &headers,
            )
            .await
        }
        Ok(_) => refused(&FlowError::InvalidState, &ReturnPath::root(), &headers),
        Err(error) => refused(&error.into(), &ReturnPath::root(), &headers),
    }
}

/// The rest of a sign-in, from a flow that was taken: exchange, verify, a new session under a new id,
/// the old one ended, and back to where the visitor wanted to go.
#[expect(clippy::too_many_arguments, reason = "what two handlers hand over")]
pub async fn finish_sign_in(
    auth: &Auth,
    origin: &Origin,
    current: &CurrentSession,
    provider: &str,
    pending: Pending,
    ticket: FlowTicket,
    callback: Callback,
    headers: &HeaderMap,
) -> Response {
    let return_path = pending.return_path();
    let mut cookies = ticket.cookies;
    let response = match signed_in(auth, current, provider, pending, callback).await {
        Ok((id, seconds)) => {
            cookies.push(
                auth.cookies
                    .set(CookieKind::Session, origin, &id.expose(), Some(seconds)),
            );
            Redirect::to(return_path.as_str()).into_response()
        }
        Err(error) => refused(&error, &return_path, headers),
    };
    (
        AppendHeaders(cookies.into_iter().map(|cookie| (SET_COOKIE, cookie))),
        response,
    )
        .into_response()
}

async fn signed_in(
    auth: &Auth,
    current: &CurrentSession,
    provider: &str,
    pending: Pending,
    callback: Callback,
) -> Result<(crate::session::SessionId, i64), FlowError> {
    let provider = auth.provider(provider).ok_or(FlowError::UnknownProvider)?;
    let endpoints = provider.endpoints().await?;
    let authorized = pending.check(callback, &provider.config.id, &endpoints)?;
    let new = provider.finish(authorized).await?;
    let (id, record) = auth.sessions.begin(new).await?;
    if let CurrentSession::SignedIn(old) = current {
        let reason = if old.record.same_user(&record) {
            EndReason::SignedOut
        } else {
            EndReason::UserChanged
        };
        auth.sessions
            .end(&old.key, reason)
            .await
            .map_err(|error| error.0)?;
    }
    tracing::info!(
        provider = provider.config.id,
        session = record.public_id,
        "signed in"
    );
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
            let cookies = AppendHeaders(ticket.cookies.into_iter().map(|cookie| (SET_COOKIE, cookie)));
            (
                cookies,
                Redirect::to(ReturnPath::or_root(Some(&return_path)).as_str()),
            )
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
