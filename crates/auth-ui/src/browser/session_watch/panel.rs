//! The live part of `/session` ([`TabPanel`](crate::TabPanel)): who leads, what the clock and the hub say, and
//! what happened last. On all other pages it does nothing.

use super::clock::now;
use crate::{
    browser::dom::{document, fill, find},
    remaining::remaining,
};
use std::cell::Cell;
use web_sys::Element;

/// So many events are kept on the page.
const EVENTS: u32 = 12;

/// The panel, if the page has one.
pub(super) struct Panel(Option<Element>, Cell<u32>);

/// What is shown beside the events.
pub(super) struct Readings<'a> {
    pub(super) role: &'a str,
    pub(super) stream: &'a str,
    pub(super) hub: &'a str,
    /// The server's clock less this machine's, milliseconds.
    pub(super) offset: i64,
    /// Milliseconds since the user's last activity.
    pub(super) active: i64,
    /// Milliseconds until the idle limit; `None` where there is none.
    pub(super) idle: Option<i64>,
    /// Milliseconds until the session ends.
    pub(super) expires: i64,
}

impl Panel {
    pub(super) fn find() -> Self {
        Self(find(".tab-panel"), Cell::new(0))
    }

    pub(super) fn show(&self, readings: &Readings<'_>) {
        let Some(panel) = &self.0 else { return };
        let seconds = |left: i64| remaining((left + 999) / 1_000);
        let values = [
            ("role", readings.role.to_owned()),
            ("stream", readings.stream.to_owned()),
            ("hub", readings.hub.to_owned()),
            ("clock", [&readings.offset.to_string(), " ms"].concat()),
            ("active", [&(readings.active / 1_000).to_string(), " s ago"].concat()),
            ("idle", readings.idle.map_or_else(|| "no limit".to_owned(), seconds)),
            ("expires", seconds(readings.expires)),
        ];
        for (name, value) in values {
            fill(panel, &["[data-tab=", name, "]"].concat(), &value);
        }
    }

    /// Writes down that this was heard from there, so many milliseconds after it was sent.
    pub(super) fn note(&self, source: &str, name: &str, delay: Option<i64>) {
        let Some(list) = self.0.as_ref().and_then(|panel| panel.query_selector("[data-tab=events]").ok()?)
        else {
            return;
        };
        let Ok(item) = document().create_element("li") else { return };
        let time = js_sys::Date::new(&(now_f64()).into()).to_locale_time_string("en-GB");
        let delay = delay.map(|delay| delay.to_string());
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

#[expect(clippy::cast_precision_loss, reason = "milliseconds of this era fit")]
fn now_f64() -> f64 {
    now() as f64
}
