//! What runs in the browser.

use auth_leptos::{CallError, SessionBoundary, SessionClient, use_session};
use leptos::{form::ActionForm, prelude::*};

/// Greets the user. The island follows the session: its content is disposed when the session ends.
#[island]
pub(crate) fn Greeting() -> impl IntoView {
    view! { <SessionBoundary><Hello/></SessionBoundary> }
}

#[component]
fn Hello() -> impl IntoView {
    let session = use_session::<()>();
    let wave = ServerAction::<Wave>::new();
    let leave = ServerAction::<Leave>::new();
    view! {
        <p>"Hello, " <strong>{move || session.user().get().map(|user| user.name)}</strong> "."</p>
        // Works without JavaScript too: then the browser posts the form, and comes back to this page.
        <ActionForm action=wave>
            <button class="button">"Wave"</button>
        </ActionForm>
        <p role="status">
            {move || wave.value().get().map(|answer| answer.unwrap_or_else(|error| format!("That failed: {error:?}")))}
        </p>
        <button class="button secondary" on:click=move |_| { leave.dispatch(Leave {}); }>"Leave this page"</button>
    }
}

/// A server function is a public endpoint, so its first line requires a session.
///
/// # Errors
/// [`CallError::SignedOut`] without a session, [`CallError::SessionUnavailable`] while the session store does not answer.
#[server(prefix = "/api", client = SessionClient)]
pub async fn wave() -> Result<String, CallError> {
    let session = auth_leptos::require_auth()?;
    Ok(format!("{} waves back.", session.user.name))
}

/// Redirects. The browser follows, although it has no router.
///
/// # Errors
/// As [`wave()`].
#[server(prefix = "/api", client = SessionClient)]
pub async fn leave() -> Result<(), CallError> {
    auth_leptos::require_auth()?;
    leptos_axum::redirect("/?left");
    Ok(())
}
