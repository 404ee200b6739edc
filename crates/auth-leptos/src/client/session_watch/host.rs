//! The server-rendered page as the watch's host.

use super::{CHANGED, page::Page, panel::Panel};
use crate::{client::dom::window, dom::cover};
use auth_types::EndReason;
use session_watch::{Host, TabEvent, TabStatus};

/// A server-rendered page, including the parts that are hidden at first.
pub(super) struct PageHost {
    pub(super) page: Page,
    pub(super) panel: Panel,
}

impl Host for PageHost {
    fn show(&self) {
        cover(false);
    }

    fn cover(&self) {
        cover(true);
    }

    fn ended(&self, reason: EndReason) {
        self.page.show_ended(reason);
    }

    fn restore(&self) {
        let _ = window().location().reload();
    }

    fn sign_in_silently(&self, ticket: &str) {
        self.page.sign_in_silently(ticket);
    }

    fn changed(&self) {
        if let Ok(event) = web_sys::Event::new(CHANGED) {
            let _ = window().dispatch_event(&event);
        }
    }

    fn warn(&self) {
        self.page.warn();
    }

    fn time_left(&self, left: i64) {
        self.page.count_down(left);
    }

    fn unreachable(&self) {
        self.page.is_unreachable();
    }

    fn dismiss_warning(&self) {
        self.page.dismiss_warning();
    }

    fn status(&self, status: &TabStatus) {
        self.panel.show(status);
    }

    fn on_event(&self, event: &TabEvent) {
        self.panel.note(event);
    }
}
