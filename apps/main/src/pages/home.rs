//! `/`: introduces the app and shows whether the user is signed in.

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
        <main id="content" tabindex="-1" class="stack">
            <h1>"One session, many apps"</h1>
            <p class="lead">
                "This is " <strong>{app.name}</strong> ", one of several web apps that share a sign-in. "
                "Sign in once, in any of them, and the others can sign you in without asking again."
            </p>
            <SessionUnavailable/>
            <SessionCard/>
            <section class="stack" aria-labelledby="try">
                <h2 id="try">"Try it"</h2>
                <div class="cards">
                    <PageCard href="/public" title="Public" text="Open to everyone. One part is for signed-in users only."/>
                    <PageCard href="/protected" title="Protected" text="For signed-in users only. While you are signed out, the link does not open and tells you why."/>
                    <PageCard href="/dashboard" title="Dashboard" text="Your profile, and a number that is stored in your session."/>
                    <PageCard href="/session" title="Session" text="What the server knows about your session, and when it ends."/>
                    <PageCard href="/ssr-login" title="Sign in without JavaScript" text="Uses a plain form. Nothing happens until you press the button."/>
                    <PageCard href="/ssr-logout" title="Sign out without JavaScript" text="From this app only, or from the provider too."/>
                </div>
            </section>
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

#[component]
fn PageCard(href: &'static str, title: &'static str, text: &'static str) -> impl IntoView {
    view! {
        <a class="card" href=href>
            <strong>{title}</strong>
            <p class="muted">{text}</p>
        </a>
    }
}
