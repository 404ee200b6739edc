//! Article 3: silent sign-in, third-party cookies, single logout.

use auth_leptos::page;
use auth_types::FlowKind;
use leptos::prelude::*;
use tour::{Chapter, Heading, Place, Places, Stop, VisitLink};

pub(super) const CHAPTER: Heading = Heading { id: "one-session", title: "One session to rule them all" };

#[component]
pub(super) fn SingleSession() -> impl IntoView {
    view! {
        <Chapter
            heading=CHAPTER
            number=3
            about="A user who is signed in to one app should not have to sign in to the next, and a sign-out should end all of it."
        >
            {view! { <Silent/> }.into_any()}
            {view! { <ThirdPartyCookies/> }.into_any()}
            {view! { <SingleLogout/> }.into_any()}
        </Chapter>
    }
}

#[component]
fn Silent() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "silent", title: "Silent sign-in: no click on the second domain" }
            shows=&[FlowKind::SilentSignIn]
            placeholder="This app has not signed you in silently yet. The steps will appear here."
            files=&["crates/auth/src/silent.rs", "crates/auth/src/routes/silent.rs"]
        >
            <p>
                "The provider knows the browser since the first sign-in. So a protected page of another app first asks the provider with "
                <code>"prompt=none"</code> ", which must not show anything. If the provider has no session, the visitor gets the sign-in "
                "page: once, without a loop."
            </p>
            <ol class="try">
                <li>"Sign in here. Then open " <VisitLink place=Place::Partner path="/dashboard" text="a protected page of Partner"/> ": you are signed in there too."</li>
                <li>"To see it here: sign in at Partner first, then open " <a href="/protected">"/protected"</a> "."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn ThirdPartyCookies() -> impl IntoView {
    let other_address = Places::current(Place::Games).filter(|games| *games != page().app.origin);
    view! {
        <Stop
            heading=Heading { id: "third-party-cookies", title: "Third-party cookies are blocked: ask by redirect" }
            files=&["crates/auth-leptos/src/check_session/frame.rs", "crates/auth/src/routes/check_session.rs"]
        >
            <p>
                "The article asks the provider in a hidden frame. Browsers now withhold cookies from frames of other sites, so such a "
                "frame always hears “not signed in”, even for a user who is. Here a frame asks only where the whole way stays on one "
                "site. It notices when it crossed sites, and then says nothing. The redirect of the stop above works on every domain."
            </p>
            <ol class="try">
                <li>
                    "Sign in, then choose " <strong>"Sign out of this app only"</strong> " on " <a href="/ssr-logout">"/ssr-logout"</a>
                    ": the provider's session stays."
                </li>
                {match other_address {
                    Some(_) => view! {
                        <li>
                            "This address is on another site than the provider, so the frame steps aside. At "
                            <VisitLink place=Place::Games path="/public" text="the address on the provider's site"/>
                            " the same frame gets an answer."
                        </li>
                    }
                    .into_any(),
                    None => view! {
                        <li>
                            "This address is on the provider's site, so the frame can get an answer. Sign in by hand once, wait on "
                            <a href="/public">"/public"</a> ", and watch the requests in the developer tools of your browser."
                        </li>
                    }
                    .into_any(),
                }}
            </ol>
        </Stop>
    }
}

#[component]
fn SingleLogout() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "single-logout", title: "Single logout: one click ends it everywhere" }
            shows=&[FlowKind::SignOut]
            placeholder="Sign out, then come back to this page. The steps of your sign-out will appear here."
            files=&[
                "crates/auth/src/routes/sign_out.rs",
                "apps/identity/src/server/logout.rs",
                "apps/identity/src/server/logout/fan_out.rs",
                "apps/identity/src/server/logout/fan_out/delivery.rs",
                "crates/auth/src/routes/backchannel_logout.rs",
            ]
        >
            <p>
                "A sign-out that ends one app only leaves the user signed in everywhere else. Here the app ends its session first, then "
                "the provider's. Identity tells every other app, server to server, with a signed logout token. This needs no frame, no "
                "third-party cookie and no open tab."
            </p>
            <ol class="try">
                <li>
                    "Open " <VisitLink place=Place::Store path="/protected" text="Store"/> " and "
                    <VisitLink place=Place::Partner path="/dashboard" text="Partner"/> " beside this tab."
                </li>
                <li>"Sign out here, and watch the two other tabs: their content is gone."</li>
            </ol>
        </Stop>
    }
}
