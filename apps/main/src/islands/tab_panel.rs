//! What this tab knows of the other tabs (article 4), live.

use auth_leptos::{
    HubState, Role, SessionBoundary, Source, StreamKind, TabEvent, TabStatus,
    remaining::{remaining, seconds_left},
    use_session,
};
use leptos::{island, prelude::*};

/// A row of the panel: its name for tests, its label, and its text.
type Reading = (&'static str, &'static str, fn(&TabStatus) -> String);

const READINGS: [Reading; 7] = [
    ("role", "This tab", |tab| role(tab.role).to_owned()),
    ("stream", "Listens to", |tab| stream(tab.stream).to_owned()),
    ("hub", "Sync hub", |tab| hub(tab.hub).to_owned()),
    ("active", "Last activity, in any tab", |tab| format!("{} s ago", tab.active / 1_000)),
    ("idle", "Idle sign-out in", |tab| tab.idle.map_or_else(|| "no limit".to_owned(), duration)),
    ("expires", "Session ends in", |tab| duration(tab.expires)),
    ("clock", "Server clock ahead of this machine by", |tab| format!("{} ms", tab.offset)),
];

/// Shows the tab's role, the hub's state, the deadlines and the latest events.
#[island]
pub(crate) fn TabPanel() -> impl IntoView {
    view! { <SessionBoundary><Panel/></SessionBoundary> }
}

#[component]
fn Panel() -> impl IntoView {
    let session = use_session::<()>();
    let (tab, events) = (session.tab(), session.events());
    let readings = READINGS.map(|(name, label, read)| {
        let text = Memo::new(move |_| tab.with(|tab| tab.as_ref().map_or_else(|| "…".to_owned(), read)));
        view! { <dt>{label}</dt> <dd data-tab=name>{text}</dd> }
    });
    let events = move || events.get().into_iter().map(|event| view! { <Event event/> }).collect_view();
    view! {
        <section class="card stack tab-panel" aria-labelledby="tabs">
            <h2 id="tabs">"All tabs agree"</h2>
            <p>
                "Open this page in two tabs, and sign out in one. One tab listens to the server and tells the "
                "others. When that tab is closed, frozen or asleep, another tab takes over."
            </p>
            <dl class="facts">{readings.collect_view()}</dl>
            <h3 id="tab-events">"Latest events"</h3>
            <ol class="tab-events" data-tab="events" aria-labelledby="tab-events">{events}</ol>
            <noscript>
                <p class="muted">"This panel needs JavaScript. Without it, the server still checks every request."</p>
            </noscript>
        </section>
    }
}

#[component]
fn Event(event: TabEvent) -> impl IntoView {
    let TabEvent { at, source: from, name, delay } = event;
    let from = source(from);
    let mut parts = vec![time_of_day(at), from.to_owned(), name.clone()];
    parts.extend(delay.map(|delay| format!("{delay} ms")));
    view! {
        <li data-source=from data-event=name data-delay=delay.map(|delay| delay.to_string())>
            {parts.join(" · ")}
        </li>
    }
}

/// The time of day in the browser's time zone. On the server no event is shown.
fn time_of_day(at: i64) -> String {
    #[cfg(feature = "hydrate")]
    {
        #[expect(clippy::cast_precision_loss, reason = "milliseconds since 1970 fit")]
        let date = leptos::web_sys::js_sys::Date::new(&(at as f64).into());
        date.to_locale_time_string("en-GB").into()
    }
    #[cfg(not(feature = "hydrate"))]
    at.to_string()
}

fn duration(milliseconds: i64) -> String {
    remaining(seconds_left(milliseconds))
}

fn role(role: Role) -> &'static str {
    match role {
        Role::Follower => "follows",
        Role::TakingOver => "stands in",
        Role::Leader => "leads",
        Role::Away => "away",
    }
}

fn stream(stream: Option<StreamKind>) -> &'static str {
    match stream {
        Some(StreamKind::Session) => "session",
        Some(StreamKind::Waiting) => "waiting",
        None => "nothing",
    }
}

fn hub(hub: HubState) -> &'static str {
    match hub {
        HubState::None => "none",
        HubState::NotLoaded => "elsewhere",
        HubState::Loading => "asked",
        HubState::Ready => "ready",
        HubState::Unusable => "aside",
    }
}

fn source(source: Source) -> &'static str {
    match source {
        Source::Server => "server",
        Source::Tab => "tab",
        Source::Hub => "hub",
    }
}
