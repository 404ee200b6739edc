//! `POST /auth/come-back` (article 4): a tab that waits signed out tries to come back.

use super::Form;
use crate::{
    Auth,
    cookie::set_cookies,
    guard,
    origin::{RequestOrigin, ReturnPath},
    session::CurrentSession,
    sign_in_events::TicketError,
    silent,
};
use auth_types::silent_url;
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;

/// `POST /auth/come-back`, form `callbackUrl` and `ticket`: 303 to `GET /auth/silent`, which then asks the provider
/// once, as if the guard had sent the browser. The ticket came with the news that somebody signed in in this
/// browser, so a sign-out from before is not undone behind anybody's back; it is good once, for a minute, and
/// in this browser only. As a POST from our own page it is out of a link's reach. Who is signed in
/// meanwhile goes on to the page.
///
/// # Errors
/// 303 to `/login` for `invalid_ticket`, `ticket_used` and `left_this_app`, as the log names them; 503 when the store is down.
pub(super) async fn come_back(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession>,
    headers: HeaderMap,
    Form(form): Form,
) -> Response {
    let return_path = ReturnPath::or_root(form.get("callbackUrl"));
    match current {
        CurrentSession::SignedIn(_) => return Redirect::to(return_path.as_str()).into_response(),
        CurrentSession::Unavailable => return guard::unavailable(&headers),
        CurrentSession::SignedOut(_) => {}
    }
    if silent::left_this_app(&auth, &origin, &headers) {
        tracing::warn!(rule = "left_this_app", "a silent sign-in was refused");
        return Redirect::to(&auth.pages().login_url(return_path.as_str())).into_response();
    }
    let redeemed = match (form.get("ticket"), auth.browsers().of(&origin, &headers)) {
        (Some(ticket), Some(browser)) => auth.browsers().redeem(ticket, &browser).await.map(|()| browser),
        _ => Err(TicketError::Invalid),
    };
    match redeemed {
        Ok(browser) => {
            // The cookie of the session that has ended stays: the tab that signs in may have just replaced it.
            (
                set_cookies(silent::resume(&auth, &origin, &headers, browser)),
                Redirect::to(&silent_url(return_path.as_str())),
            )
                .into_response()
        }
        Err(TicketError::Store(error)) => {
            tracing::error!(%error, "a ticket could not be looked at");
            guard::unavailable(&headers)
        }
        Err(error) => {
            tracing::warn!(rule = %error, "a silent sign-in was refused");
            Redirect::to(&auth.pages().login_url(return_path.as_str())).into_response()
        }
    }
}
