//! Article 2: the session on the server, on the client, per component, per route, and the refresh of its tokens.

use auth_leptos::{Notice, NoticeKind, SignedIn, SignedOut};
use auth_types::FlowKind;
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;
use tour::{Chapter, Heading, Place, Stop, VisitLink};

pub(super) const CHAPTER: Heading = Heading { id: "managing", title: "Use the session in an app" };

#[component]
pub(super) fn Managing() -> impl IntoView {
    view! {
        <Chapter
            heading=CHAPTER
            number=2
            article="https://blog.aakashgoplani.in/how-to-manage-sessions-in-sveltekit-with-sveltekitauth"
            about="Who is asking? Pages, components, links and server functions all need the same answer."
        >
            {view! { <OnTheServer/> }.into_any()}
            {view! { <OnTheClient/> }.into_any()}
            {view! { <PerComponent/> }.into_any()}
            {view! { <PerRoute/> }.into_any()}
            {view! { <Renewing/> }.into_any()}
        </Chapter>
    }
}

#[component]
fn OnTheServer() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "on-the-server", title: "On the server: one answer for each request" }
            files=&["crates/auth/src/gate.rs", "crates/auth/src/gate/resolve.rs", "crates/auth/src/guard.rs"]
        >
            <p>
                "The server looks the session up once, before Leptos runs. Every path needs a session unless it is on the list of "
                "public paths. A visitor without a session gets a redirect with an empty body, so nothing of the page leaves the server."
            </p>
            <ol class="try">
                <li>"Open " <a href="/protected">"/protected"</a> " signed in and signed out."</li>
                <li>"Open " <a href="/session">"/session"</a> ": everything that the server knows about your session."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn OnTheClient() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "on-the-client", title: "On the client: the session as a signal" }
            files=&[
                "crates/auth-leptos/src/session.rs",
                "apps/main/src/islands/favourite_number.rs",
                "apps/main/src/preferences.rs",
            ]
        >
            <p>
                "A page that was rendered a minute ago can be wrong by now. In the browser the session is a signal: it changes when you "
                "sign out in another tab, and when another user signs in. It can hold no token, by its type."
            </p>
            <ol class="try">
                <li>"Save a number on the " <a href="/dashboard">"dashboard"</a> ". It is kept in your session, on the server."</li>
                <li>"Open the dashboard in a second tab, change the number there, and look at the first tab."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn PerComponent() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "per-component", title: "Per component: markup for signed-in users only" }
            files=&["apps/main/src/pages/public.rs", "crates/auth-leptos/src/session/gates.rs"]
        >
            <p>
                "Hiding a part of a page with CSS or script still sends it. " <code>"<SignedIn>"</code>
                " decides on the server: other visitors do not receive the markup."
            </p>
            <ol class="try">
                <li>"Open " <a href="/public">"/public"</a> " and read the source of the page in your browser."</li>
                <SignedIn><li>"This line is in the page because you are signed in."</li></SignedIn>
                <SignedOut><li>"This line is in the page because you are a guest."</li></SignedOut>
            </ol>
        </Stop>
    }
}

#[component]
fn PerRoute() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "per-route", title: "Per route: ask before the link is followed" }
            files=&["crates/auth-leptos/src/session/link_guard.rs", "crates/auth/src/routes/status.rs"]
        >
            <p>
                "A link to a page that needs a session asks the server first. Without a session the browser stays where it is and says "
                "why. This is a comfort: the server's guard decides, whatever the browser does."
            </p>
            <ol class="try">
                <SignedOut><li>"Choose " <strong>"Protected"</strong> " in the navigation: the link does not open, and the page says why."</li></SignedOut>
                <SignedIn><li>"Sign out, come back here, and choose " <strong>"Protected"</strong> " in the navigation."</li></SignedIn>
                <li>"With JavaScript off, the same link leads to the sign-in page."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn Renewing() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "renewing", title: "Renew the tokens: one request, however many tabs ask" }
            shows=&[FlowKind::Refresh]
            placeholder="Renew the tokens. The steps will appear here."
            files=&["crates/auth/src/refresh/mod.rs", "crates/auth/src/refresh/attempt.rs"]
        >
            <p>
                "Access tokens live for minutes. A refresh token works once: if two tabs use it at the same time, careful providers end the "
                "session. Here one request asks the provider, and all others wait for its result. The tokens stay on the server."
            </p>
            <RenewOutcome/>
            <SignedIn>
                <form method="post" action="/tour/renew">
                    <button type="submit" class="button secondary">"Renew the tokens now"</button>
                </form>
                <p class="muted small">
                    "To see a refusal, switch on “Session lost at the provider” on the "
                    <VisitLink place=Place::Failures text="failures page of the demo provider"/>
                    ", and renew: the provider has ended the session, so this app ends it too."
                </p>
            </SignedIn>
            <SignedOut><p>"Sign in first: without a session there is nothing to renew."</p></SignedOut>
        </Stop>
    }
}

/// What the button has done.
#[component]
fn RenewOutcome() -> impl IntoView {
    let outcome = use_query_map().read_untracked().get("renewed");
    let (kind, text) = match outcome.as_deref() {
        Some("yes") => (NoticeKind::Success, "The provider issued new tokens."),
        Some("no_refresh_token") => (
            NoticeKind::Warning,
            "This session has no refresh token: identity handed it over, or the provider issues none.",
        ),
        Some("unavailable") => (
            NoticeKind::Warning,
            "The provider does not answer. Your session continues; please try again in a moment.",
        ),
        _ => return None,
    };
    Some(view! { <Notice kind><p>{text}</p></Notice> })
}
