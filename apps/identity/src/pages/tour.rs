//! Identity's part of the tour: the sign-ins that pass it, the logouts that it fans out, the apps that it opens.

use auth_types::FlowKind;
use leptos::prelude::*;
use tour::{Chapter, Heading, Place, Stop, Tour, VisitLink};

const PROXY: Heading = Heading { id: "proxy", title: "The sign-in of another app passes here" };
const LOGOUT: Heading = Heading { id: "single-logout", title: "A sign-out reaches every app" };
const HANDOFF: Heading = Heading { id: "handoff", title: "An app opens signed in" };
const CHAPTERS: &[Heading] = &[PROXY, LOGOUT, HANDOFF];

/// The tour of identity.
#[component]
pub(super) fn IdentityTour() -> impl IntoView {
    view! {
        <Tour chapters=CHAPTERS>
            {view! { <Proxy/> }.into_any()}
            {view! { <SingleLogout/> }.into_any()}
            {view! { <Handoff/> }.into_any()}
        </Tour>
    }
}

#[component]
fn Proxy() -> impl IntoView {
    view! {
        <Chapter
            heading=PROXY
            number=1
            article="https://blog.aakashgoplani.in/managing-shared-sessions-across-multiple-applications-in-sveltekitauth"
            about="The provider knows one callback: identity's. A new app needs an entry here, and nothing at the provider."
        >
            <Stop
                heading=Heading { id: "forwarded", title: "Forwarded, and bound to your browser" }
                shows=&[FlowKind::ProxiedSignIn, FlowKind::ProxiedSilentSignIn]
                placeholder="Sign in at an app, then come back to this page. Identity's steps of that sign-in will appear here."
                files=&[
                    "apps/identity/apps.toml",
                    "apps/identity/src/server/registry.rs",
                    "apps/identity/src/server/proxy/authorize.rs",
                    "apps/identity/src/server/proxy/callback.rs",
                ]
            >
                <p>
                    "A proxy for sign-ins could hand a stranger's code to an attacker's app. So only registered apps may use it, and a "
                    "sign-in ends in the browser where it began: the app and its " <code>"state"</code> " are sealed into identity's own "
                    <code>"state"</code> ", and a cookie binds that to your browser, once. Identity never has the PKCE verifier, so it "
                    "cannot use the code either."
                </p>
                <ol class="try">
                    <li>"Sign in at " <VisitLink place=Place::Games text="Games"/> " or " <VisitLink place=Place::Partner text="Partner"/> "."</li>
                    <li>"Come back here and reload this page."</li>
                </ol>
            </Stop>
        </Chapter>
    }
}

#[component]
fn SingleLogout() -> impl IntoView {
    view! {
        <Chapter
            heading=LOGOUT
            number=3
            about="The provider tells identity of a logout once. Identity tells the apps, and tries again until each has answered."
        >
            <Stop
                heading=Heading { id: "fan-out", title: "One logout in, one signed message out for each app" }
                shows=&[FlowKind::SignOut]
                placeholder="Sign out here. The steps of your sign-out will appear here."
                files=&["apps/identity/src/server/logout.rs", "apps/identity/src/server/logout/fan_out.rs", "apps/identity/src/server/logout/fan_out/delivery.rs"]
            >
                <p>
                    "Identity writes one row for each app before it answers, so a restart loses no logout. Each delivery has two seconds. "
                    "An app that is down gets it again: after one second, then less and less often, for a day."
                </p>
                <ol class="try">
                    <li>"Open " <VisitLink place=Place::Games path="/protected" text="Games"/> " and " <VisitLink place=Place::Partner path="/dashboard" text="Partner"/> " in two tabs."</li>
                    <li>"Sign out here, and look at both tabs."</li>
                </ol>
            </Stop>
        </Chapter>
    }
}

#[component]
fn Handoff() -> impl IntoView {
    view! {
        <Chapter
            heading=HANDOFF
            number=5
            about="A link that signs a user in is worth stealing. So this one is worth nothing to anyone else."
        >
            <Stop
                heading=Heading { id: "opened", title: "A token for one app, one browser, thirty seconds" }
                shows=&[FlowKind::Launch]
                placeholder="Open an app with its button above, then come back to this page. Identity's steps will appear here."
                files=&[
                    "apps/identity/src/server/handoff.rs",
                    "apps/identity/src/server/handoff/mint.rs",
                    "apps/identity/src/server/handoff/verify.rs",
                ]
            >
                <ol>
                    <li>"You press the button. The app makes a secret for this browser, and sends the browser back here."</li>
                    <li>"Identity makes a token for this app and this secret."</li>
                    <li>"The app asks identity, server to server, which user the token is for, and begins its own session."</li>
                    <li>"The app removes the token from the address before it shows the page."</li>
                </ol>
                <ol class="try">
                    <li>"Press " <strong>"Open Partner"</strong> " above, and look at the address: it has no token."</li>
                    <li>"Press Back twice. The used token opens nothing."</li>
                </ol>
            </Stop>
        </Chapter>
    }
}
