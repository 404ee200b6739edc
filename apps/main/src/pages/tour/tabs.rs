//! Article 4: tabs and apps that agree.

use leptos::prelude::*;
use tour::{Chapter, Heading, Place, Stop, VisitLink};

pub(super) const CHAPTER: Heading = Heading { id: "tabs", title: "Keep every tab in agreement" };

#[component]
pub(super) fn Tabs() -> impl IntoView {
    view! {
        <Chapter
            heading=CHAPTER
            number=4
            about="A tab that still shows a signed-out user's data is a leak. A tab that must be reloaded after a sign-in is a nuisance."
        >
            {view! { <OneListens/> }.into_any()}
            {view! { <OtherApps/> }.into_any()}
            {view! { <IdleTime/> }.into_any()}
        </Chapter>
    }
}

#[component]
fn OneListens() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "one-listens", title: "One tab listens, the others follow" }
            files=&[
                "crates/session-watch/src/machine/leadership.rs",
                "crates/session-watch/src/machine/session.rs",
            ]
        >
            <p>
                "The article looks into the browser's storage again and again. Here one tab keeps one connection to the server, and tells the others "
                "what it hears. If that tab is closed or frozen, another tab takes over. Each tab then asks the server itself, so no "
                "message can sign anyone in."
            </p>
            <ol class="try">
                <li>"Open " <a href="/session" target="_blank" rel="noopener">"/session"<span class="visually-hidden">" (opens a new tab)"</span></a> " twice. Each tab shows whether it leads or follows, and the latest events."</li>
                <li>"Close the tab that leads, and watch the other one."</li>
                <li>"Sign out in one tab: the content of the other is removed, and it keeps its address."</li>
                <li>"Sign in again: the waiting tab comes back."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn OtherApps() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "other-apps", title: "Tabs of other apps, and of other sites" }
            files=&[
                "crates/session-watch/src/machine/hub.rs",
                "apps/identity/src/server/hub.rs",
                "apps/identity/src/server/sign_in_events/announcer.rs",
            ]
        >
            <p>
                "Apps of one site share a small frame of identity, the sync hub: a sign-in in one app wakes the waiting tabs of the others. "
                "Frames of different sites share no storage, so identity tells those apps server to server."
            </p>
            <ol class="try">
                <li>"Open " <VisitLink place=Place::Partner path="/dashboard" text="Partner"/> " beside this tab, and sign out here: both tabs wait."</li>
                <li>"Sign in here. Partner's tab comes back without a click."</li>
            </ol>
        </Stop>
    }
}

#[component]
fn IdleTime() -> impl IntoView {
    view! {
        <Stop
            heading=Heading { id: "idle-time", title: "Idle time is counted once, for all tabs" }
            files=&["crates/session-watch/src/machine/idle.rs", "crates/auth/src/session/activity.rs"]
        >
            <p>
                "A tab that counts alone would sign out a user who works in the next tab. Here the server counts, by its own clock, for every "
                "tab and app that shares the session. A warning counts down first, and one click stays."
            </p>
            <ol class="try">
                <li>
                    <VisitLink place=Place::Store path="/session" text="The session page of Store"/>
                    " shows the idle time: Store ends a session after 30 minutes. Move in one tab, and watch the time in the other."
                </li>
            </ol>
        </Stop>
    }
}
