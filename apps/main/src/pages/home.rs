//! `/`: introduces the app, shows whether the user is signed in, and leads through the tour.

use super::tour::MainTour;
use auth_leptos::{
    Person, SignedIn, SignedOut, When, auth,
    links::sign_in_url,
    page,
    pages::{PageTitle, SessionUnavailable},
};
use auth_types::SessionState;
use leptos::prelude::*;

/// The home page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let app = page().app;
    view! {
        <PageTitle text="Home"/>
        <main id="content" tabindex="-1" class="stack wide">
            <div class="hero">
            <div class="stack">
            <h1>"One session, many apps"</h1>
            <p class="lead">
                "This is " <strong>{app.name}</strong> ", one of several web apps that share a sign-in. "
                "Sign in once, in any of them, and the others can sign you in without asking again. "
                "The tour below shows how, with your own sign-in as the example."
            </p>
            <SessionUnavailable/>
            </div>
            <SessionCard/>
            </div>
            <MainTour/>
            {app.identity_origin.map(|origin| view! {
                <p class="muted small">
                    "This app signs in through the identity app at " <a href=origin.clone()>{origin.clone()}</a> "."
                </p>
            })}
        </main>
    }
}

/// The session state at the time the server rendered this page.
#[component]
fn SessionCard() -> impl IntoView {
    let state = match page().session {
        Ok(SessionState::SignedIn(_)) => view! { <span class="badge good">"Signed in"</span> },
        Ok(SessionState::SignedOut(_)) => view! { <span class="badge">"Signed out"</span> },
        Err(_) => view! { <span class="badge warn">"Unknown"</span> },
    };
    view! {
        <section class="card stack" aria-label="Your session">
            <p>{state}</p>
            <SignedIn>
                {auth().map(|session| view! {
                    <Person user=session.user/>
                    <p class="muted">"Ends on " <When at=session.expires/> " unless you use the app."</p>
                })}
            </SignedIn>
            <SignedOut>
                <p>"You are browsing as a guest."</p>
                <p><a class="button" href=sign_in_url("/")>"Sign in"</a></p>
            </SignedOut>
        </section>
    }
}
