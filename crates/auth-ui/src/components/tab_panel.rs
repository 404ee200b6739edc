//! What the tabs of this browser agree on, live: how a reader sees the machinery of article 4 at work, and how
//! tests observe it. The browser fills it in ([`browser`](crate::client)).

use leptos::prelude::*;

/// The readings: `data-tab`, label.
const READINGS: [(&str, &str); 7] = [
    ("role", "This tab"),
    ("stream", "Listens to"),
    ("hub", "Sync hub"),
    ("active", "Last activity, in any tab"),
    ("idle", "Signed out for being away in"),
    ("expires", "Session ends in"),
    ("clock", "Server's clock, ahead of this machine's by"),
];

/// Who leads, the hub, the deadlines and the last events.
#[component]
pub fn TabPanel() -> impl IntoView {
    let readings = READINGS.map(|(name, label)| view! { <dt>{label}</dt> <dd data-tab=name>"…"</dd> });
    view! {
        <section class="card stack tab-panel" aria-labelledby="tabs">
            <h2 id="tabs">"All tabs agree"</h2>
            <p>
                "Open this page in two tabs, and sign out in one. One tab listens to the server and tells the "
                "others; which one changes when it is closed, frozen or asleep."
            </p>
            <dl class="facts">{readings.collect_view()}</dl>
            <h3 id="tab-events">"What was heard last"</h3>
            <ol class="tab-events" data-tab="events" aria-labelledby="tab-events"></ol>
            <noscript>
                <p class="muted">"This part needs JavaScript. Without it the server still decides, at every request."</p>
            </noscript>
        </section>
    }
}
