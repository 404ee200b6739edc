//! `POST /auth/come-back` (article 4): a waiting, signed-out tab tries to come back.

use super::{Form, departure};
use crate::{
    Auth, Refusal,
    origin::{RequestOrigin, ReturnPath},
    session::Session,
    sign_in_events::TicketError,
    silent,
};
use auth_types::{CurrentSession, SessionState, silent_url};
use axum::{
    Extension,
    extract::State,
    response::{IntoResponse, Redirect, Response},
};
use http::HeaderMap;
use std::fmt::Display;

/// `POST /auth/come-back`, form `callbackUrl` and `ticket`: a page that goes on to `GET /auth/silent`, which then asks
/// the provider once, as if the guard had sent the browser. If the user is already signed in, 303 to the page.
///
/// The ticket came with the event that the user signed in in this browser, so an earlier sign-out is not
/// undone against the user's will. A ticket works once, for a minute, and in this browser only. A link cannot
/// send this POST.
///
/// # Errors
/// 303 to `/login` for `invalid_ticket`, `ticket_used`, `signed_out_locally` and `signed_out_since` (names in the log); 503
/// when the store is down.
pub(super) async fn come_back(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    headers: HeaderMap,
    Form(form): Form,
) -> Result<Response, Refusal> {
    let return_path = ReturnPath::or_root(form.get("callbackUrl"));
    match current? {
        SessionState::SignedIn(_) => return Ok(Redirect::to(return_path.as_str()).into_response()),
        SessionState::SignedOut(_) => {}
    }
    let login = |rule: &dyn Display| {
        tracing::warn!(%rule, "silent sign-in refused");
        Ok(Redirect::to(&auth.pages().login_url(return_path.as_str())).into_response())
    };
    let jar = auth.cookies(&origin, &headers);
    if silent::signed_out_locally(&auth, jar) {
        return login(&"signed_out_locally");
    }
    let Some((ticket, browser)) = form.get("ticket").zip(auth.browsers().of(jar)) else {
        return login(&TicketError::Invalid);
    };
    let sign_in = match auth.browsers().redeem(ticket, &browser).await {
        Ok(sign_in) => sign_in,
        Err(TicketError::Store(error)) => return Err(error.into()),
        Err(error) => return login(&error),
    };
    // The event may have been late.
    if silent::ended_since(&auth, jar, sign_in.at) {
        return login(&"signed_out_since");
    }
    // Keep the cookie of the ended session: the tab that signs in may have just replaced it.
    let cookies = silent::resume(&auth, jar, browser, sign_in);
    Ok(departure::page(&silent_url(return_path.as_str()), cookies))
}
