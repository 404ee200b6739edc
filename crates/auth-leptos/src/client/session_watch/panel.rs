//! Fills the live panel on `/session` ([`TabPanel`](crate::TabPanel)): role, clock, hub, deadlines and latest
//! events. On other pages, the panel does nothing.

use crate::{
    client::dom::{document, fill, find},
    remaining::{remaining, seconds_left},
};
use session_watch::{HubState, Role, Source, StreamKind, TabEvent, TabStatus};
use std::cell::Cell;
use web_sys::Element;

/// The number of events that the page keeps.
const EVENTS: u32 = 12;

/// The panel, if the page has one.
pub(super) struct Panel(Option<Element>, Cell<u32>);

impl Panel {
    pub(super) fn find() -> Self {
        Self(find(".tab-panel"), Cell::new(0))
    }

    pub(super) fn show(&self, status: &TabStatus) {
        let Some(panel) = &self.0 else { return };
        let seconds = |left: i64| remaining(seconds_left(left));
        let values = [
            ("role", role(status.role).to_owned()),
            ("stream", stream(status.stream).to_owned()),
            ("hub", hub(status.hub).to_owned()),
            ("clock", [&status.offset.to_string(), " ms"].concat()),
            ("active", [&(status.active / 1_000).to_string(), " s ago"].concat()),
            ("idle", status.idle.map_or_else(|| "no limit".to_owned(), seconds)),
            ("expires", seconds(status.expires)),
        ];
        for (name, value) in values {
            fill(panel, &["[data-tab=", name, "]"].concat(), &value);
        }
    }

    /// Adds an event to the list of events.
    pub(super) fn note(&self, event: &TabEvent) {
        let Some(list) = self.0.as_ref().and_then(|panel| panel.query_selector("[data-tab=events]").ok()?)
        else {
            return;
        };
        let Ok(item) = document().create_element("li") else { return };
        let time = js_sys::Date::new_0().to_locale_time_string("en-GB");
        let (source, name) = (source(event.source), event.name.as_str());
        let delay = event.delay.map(|delay| delay.to_string());
        let _ = item.set_attribute("data-source", source);
        let _ = item.set_attribute("data-event", name);
        let text = match &delay {
            Some(delay) => {
                let _ = item.set_attribute("data-delay", delay);
                [&String::from(time), " · ", source, " · ", name, " · ", delay, " ms"].concat()
            }
            None => [&String::from(time), " · ", source, " · ", name].concat(),
        };
        item.set_text_content(Some(&text));
        let _ = list.prepend_with_node_1(&item);
        if self.1.get() == EVENTS {
            if let Some(last) = list.last_element_child() {
                last.remove();
            }
        } else {
            self.1.set(self.1.get() + 1);
        }
    }
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
