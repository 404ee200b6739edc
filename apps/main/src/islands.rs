//! The parts of the pages that react in the browser. The server renders them too, so they are there without JavaScript;
//! their forms then post as plain forms.
//!
//! Each island that shows something of the user stands inside a `SessionBoundary`, which disposes it when the session
//! ends.

mod check_now;
mod countdown;
mod devices;
mod failure;
mod favourite_number;
mod submit_button;
mod tab_panel;

#[cfg(feature = "ssr")]
pub(crate) use favourite_number::SaveOutcome;
#[cfg(feature = "ssr")]
pub(crate) use {
    check_now::CheckNow, countdown::Countdown, devices::Devices, favourite_number::FavouriteNumber,
    tab_panel::TabPanel,
};

#[cfg(feature = "ssr")]
use auth_leptos::CallError;

/// Redirects to `page` if the browser itself has posted the form, without JavaScript. An island gets its answer.
#[cfg(feature = "ssr")]
fn redirect_plain_form(page: &str) -> bool {
    use http::{header::ACCEPT, request::Parts};

    let is_plain = leptos::prelude::use_context::<Parts>().is_some_and(|request| {
        let accept = request.headers.get(ACCEPT).and_then(|accept| accept.to_str().ok());
        accept.is_some_and(|accept| accept.contains("text/html"))
    });
    if is_plain {
        leptos_axum::redirect(page);
    }
    is_plain
}

/// The caller of a server function: the session, including what pages do not see, and what can change it.
#[cfg(feature = "ssr")]
fn caller() -> Result<(auth::Auth, auth::session::Session), CallError> {
    use leptos::prelude::use_context;

    auth_leptos::require_auth()?;
    let session = use_context::<http::request::Parts>()
        .and_then(|request| auth::session::Session::of(&request))
        .ok_or_else(|| auth_leptos::refuse(CallError::SignedOut))?;
    let auth = use_context().ok_or_else(|| auth_leptos::refuse(CallError::SessionUnavailable))?;
    Ok((auth, session))
}
