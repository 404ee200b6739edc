//! `/`: what this app shows, and whether you are signed in.

use auth_types::SessionState;
use auth_ui::{
    Person, SignedIn, SignedOut, TimeLeft, auth,
    links::sign_in_url,
    page,
    pages::{PageTitle, SessionUnavailable},
};
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
                "Sign in once, here or in any of them, and the others can know you."
            </p>
            <SessionUnavailable/>
            <SessionCard/>
            <section class="stack" aria-labelledby="try">
                <h2 id="try">"Try it"</h2>
                <div class="cards">
                    <PageCard href="/public" title="Public" text="Everybody may read it. Part of it is for signed-in users only."/>
                    <PageCard href="/protected" title="Protected" text="Opens for signed-in users. Signed out, this link asks first and tells you why."/>
                    <PageCard href="/dashboard" title="Dashboard" text="Your profile, and a number that is kept in your session."/>
                    <PageCard href="/session" title="Session" text="What the server knows about your session, and for how long."/>
                    <PageCard href="/ssr-login" title="Sign in without JavaScript" text="A plain form does it. Nothing happens until you press the button."/>
                    <PageCard href="/ssr-logout" title="Sign out without JavaScript" text="Here only, or at the provider too."/>
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

/// The state of the session, as the server found it when it wrote this page.
#[component]
fn SessionCard() -> impl IntoView {
    let state = match page().session {
        SessionState::SignedIn { .. } => view! { <span class="badge good">"Signed in"</span> },
        SessionState::SignedOut(_) => view! { <span class="badge">"Signed out"</span> },
        SessionState::Unavailable => view! { <span class="badge warn">"Unknown"</span> },
    };
    view! {
        <section class="card stack" aria-label="Your session">
            <p>{state}</p>
            <SignedIn>
                {auth().map(|session| view! {
                    <Person user=session.user/>
                    <p class="muted">"Ends in " <TimeLeft until=session.expires/> " unless you use the app."</p>
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
