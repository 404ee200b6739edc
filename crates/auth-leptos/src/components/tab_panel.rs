//! Live view of the session watch (article 4), for readers and tests. The browser code in
//! [`client`](crate::client) fills in the values.

use leptos::prelude::*;

/// The values on show: `data-tab` attribute, label.
const READINGS: [(&str, &str); 7] = [
    ("role", "This tab"),
    ("stream", "Listens to"),
    ("hub", "Sync hub"),
    ("active", "Last activity, in any tab"),
    ("idle", "Idle sign-out in"),
    ("expires", "Session ends in"),
    ("clock", "Server clock ahead of this machine by"),
];

/// Shows the tab's role, the hub's state, the deadlines and the latest events.
#[component]
pub fn TabPanel() -> impl IntoView {
    let readings = READINGS.map(|(name, label)| view! { <dt>{label}</dt> <dd data-tab=name>"…"</dd> });
    view! {
        <section class="card stack tab-panel" aria-labelledby="tabs">
            <h2 id="tabs">"All tabs agree"</h2>
            <p>
                "Open this page in two tabs, and sign out in one. One tab listens to the server and tells the "
                "others. When that tab is closed, frozen or asleep, another tab takes over."
            </p>
            <dl class="facts">{readings.collect_view()}</dl>
            <h3 id="tab-events">"Latest events"</h3>
            <ol class="tab-events" data-tab="events" aria-labelledby="tab-events"></ol>
            <noscript>
                <p class="muted">"This panel needs JavaScript. Without it, the server still checks every request."</p>
            </noscript>
        </section>
    }
}
