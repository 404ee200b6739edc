//! Article 1: sharing a session with apps on the same domain, and with apps on other domains.

use auth_leptos::{SignedIn, SignedOut, page};
use auth_types::FlowKind;
use leptos::prelude::*;
use tour::{Chapter, Heading, Place, Places, Stop, VisitLink};

pub(super) const CHAPTER: Heading = Heading { id: "sharing", title: "Share a session between apps" };

#[component]
pub(super) fn Sharing() -> impl IntoView {
    view! {
        <Chapter
            heading=CHAPTER
            number=1
            article="https://blog.aakashgoplani.in/managing-shared-sessions-across-multiple-applications-in-sveltekitauth"
            about="Two apps, one user. Without help, each app asks the user to sign in again."
        >
            {view! { <SameDomain/> }.into_any()}
            {view! { <OtherDomain/> }.into_any()}
            {view! { <Proxy/> }.into_any()}
        </Chapter>
    }
}

#[component]
fn SameDomain() -> impl IntoView {
    let shares = Places::current(Place::Games).is_none_or(|games| games == page().app.origin);
    view! {
        <Stop
            heading=Heading { id: "same-domain", title: "Apps on the same domain: one cookie" }
            files=&["crates/auth/src/cookie/settings.rs", "crates/auth/src/session/engine.rs"]
        >
            <p>
                "A browser sends a cookie to one host only, unless the cookie names a domain. Games and Store name "
                "the same domain and use the same session store. So a session that begins in one app exists in the other. "
                "The cookie holds a random id and nothing else."
            </p>
            {(!shares).then(|| view! {
                <p class="notice">
                    "You opened this app at an address outside that domain. Open the tour at "
                    <VisitLink place=Place::Games text="the address that shares its session"/> " first."
                </p>
            })}
            <ol class="try">
                <SignedOut><li>"Sign in with the button at the top of this page."</li></SignedOut>
                <SignedIn><li>"You are signed in to this app."</li></SignedIn>
                <li>"Open " <VisitLink place=Place::Store text="Store"/> " beside this tab: it greets you by name."</li>
                <li>"Sign out in one of the two: the other tab shows at once that you have been signed out."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn OtherDomain() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "other-domain", title: "An app on another domain: “The redirect URI is wrong”" }
            files=&["crates/dev-provider/src/authorize.rs", "crates/auth/src/routes/sign_in.rs"]
        >
            <p>
                "A provider sends its answer only to addresses that its operator registered. Each app has its "
                "own callback, so each new app, domain or preview needs a new entry at the provider. "
                "Without the entry the sign-in ends with this error."
            </p>
            <ol class="try">
                <li>
                    <VisitLink place=Place::Failures text="Open the failures page of the demo provider"/>
                    ", and switch on " <strong>"Refused redirect URI"</strong> "."
                </li>
                <li>"Sign in here. The provider shows the error of the article. Switch the failure off again afterwards."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn Proxy() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "proxy", title: "The identity app: one callback for every app" }
            shows=&[FlowKind::SignIn]
            placeholder="Sign in, then come back to this page. The steps of your sign-in will appear here, with their times."
            files=&[
                "apps/identity/src/server/proxy/authorize.rs",
                "apps/identity/src/server/proxy/callback.rs",
                "crates/auth/src/routes/callback.rs",
                "crates/auth/src/routes/finish.rs",
                "crates/auth/src/flow/pending.rs",
                "crates/auth/src/provider/oidc.rs",
            ]
        >
            <p>
                "The apps send the browser to identity, and identity sends it to the provider. The provider knows "
                "identity's callback only. Identity passes the code back to the app that asked, if that app is registered. "
                "The app alone has the PKCE verifier, so identity cannot use the code."
            </p>
            <ol class="try">
                <li>"Sign in here, or at " <VisitLink place=Place::Partner text="Partner"/> ", which has another domain."</li>
                <li>"Then open " <VisitLink place=Place::Identity text="identity"/> " to see the same sign-in from its side."</li>
            </ol>
        </Stop>
    }
}
