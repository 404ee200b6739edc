//! Article 5: an app that identity's launcher opens already signed in.

use auth_types::FlowKind;
use leptos::prelude::*;
use tour::{Chapter, Heading, Place, Stop, VisitLink};

pub(super) const CHAPTER: Heading = Heading { id: "handoff", title: "Hand a session over" };

#[component]
pub(super) fn Handoff() -> impl IntoView {
    view! {
        <Chapter
            heading=CHAPTER
            number=5
            about="A launcher that opens apps signed in must not put anything into an address that a thief could use."
        >
            <Stop
                heading=Heading { id: "launcher", title: "Open this app from the launcher" }
                shows=&[FlowKind::Handoff]
                placeholder="Open this app from identity's launcher. The steps of the handoff will appear here."
                files=&[
                    "apps/identity/src/server/handoff.rs",
                    "apps/identity/src/server/handoff/mint.rs",
                    "crates/auth/src/handoff/start.rs",
                    "crates/auth/src/handoff/verify.rs",
                    "crates/auth/src/handoff/arrive.rs",
                ]
            >
                <p>
                    "Identity gives the browser a token for this app. The token works once, for 30 seconds, in this browser, and only "
                    "together with this app's client secret. The address shows it for one redirect; then it is used up."
                </p>
                <ol class="try">
                    <li>"Sign out of this app only, on " <a href="/ssr-logout">"/ssr-logout"</a> "."</li>
                    <li>"Open " <VisitLink place=Place::Identity text="identity's launcher"/> " and press " <strong>"Open Games"</strong> "."</li>
                    <li>"Press Back: the used token opens nothing."</li>
                </ol>
            </Stop>
        </Chapter>
    }
}
