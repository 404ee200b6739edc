//! `/session`: what the server knows about this session.

use super::parts::SignInFirst;
use crate::islands::{CheckNow, Countdown, Devices, TabPanel};
use auth_leptos::{SignOutButton, SignOutScope, When, page, pages::PageTitle};
use auth_types::{PageSession, PublicSession, SessionDetails, SessionState};
use leptos::prelude::*;

/// The session page.
#[component]
pub(crate) fn Session() -> impl IntoView {
    let content = match page().session {
        // Each section is type-erased: the type of the whole page would exceed the compiler's limit.
        Ok(SessionState::SignedIn(PageSession { session, facts })) => vec![
            view! { <Facts session facts/> }.into_any(),
            view! { <MyDevices/> }.into_any(),
            view! { <TabPanel/> }.into_any(),
            view! { <Probe/> }.into_any(),
            view! { <Leave/> }.into_any(),
        ],
        Ok(SessionState::SignedOut(_)) | Err(_) => Vec::new(),
    };
    view! {
        <PageTitle text="Session"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"Session"</h1>
            <SignInFirst/>
            {content}
        </main>
    }
}

#[component]
fn Facts(session: PublicSession, facts: SessionDetails) -> impl IntoView {
    let reach = if facts.has_provider_session {
        "The provider sent a session id (sid). A sign-out at the provider can end this session too."
    } else {
        "The provider sent no session id (sid). This session may last until you sign out here or it expires."
    };
    view! {
        <section class="card stack" aria-labelledby="facts">
            <h2 id="facts">"What the server knows"</h2>
            <dl class="facts">
                <dt>"Signed in as"</dt>
                <dd>{session.user.name}</dd>
                <dt>"Provider"</dt>
                <dd>{facts.provider}</dd>
                <dt>"Signed in"</dt>
                <dd><When at=facts.signed_in_at/></dd>
                <dt>"Last activity"</dt>
                <dd><When at=facts.last_seen_at/></dd>
                <dt>"Expires"</dt>
                <dd><When at=session.expires/></dd>
                <dt>"Time left"</dt>
                <dd><Countdown/></dd>
                <dt>"Absolute limit"</dt>
                <dd><When at=facts.absolute_expires/></dd>
                <dt>"Provider session"</dt>
                <dd>{reach}</dd>
                <dt>"Public id"</dt>
                <dd><code>{facts.public_id}</code></dd>
            </dl>
            <p class="muted small">
                "Using the app extends the session, but never beyond the absolute limit. The expiry moves at most once a minute."
            </p>
        </section>
    }
}

#[component]
fn MyDevices() -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="devices">
            <h2 id="devices">"My devices"</h2>
            <Devices/>
        </section>
    }
}

#[component]
fn Probe() -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="probe">
            <h2 id="probe">"Ask the server"</h2>
            <p>
                "Is this session still active? Sign out in another tab, then check here. Checking does not "
                "extend the session."
            </p>
            <CheckNow/>
            <noscript>
                <p class="muted">"The button needs JavaScript. Without it, reload this page for the same answer."</p>
            </noscript>
        </section>
    }
}

#[component]
fn Leave() -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="leave">
            <h2 id="leave">"Leave this app"</h2>
            <p>"End this session and stay signed in at the provider."</p>
            <SignOutButton scope=SignOutScope::Local/>
        </section>
    }
}
