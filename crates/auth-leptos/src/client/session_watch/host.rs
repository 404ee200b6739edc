//! The server-rendered page as the watch's host.

use super::page::Page;
use crate::{client::dom::window, dom::cover};
use auth_types::EndReason;
use session_watch::Host;

/// A server-rendered page, including the parts that are hidden at first.
pub(super) struct PageHost {
    pub(super) page: Page,
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

    // The server rendered the page once: no part of it follows the session's data.
    fn changed(&self) {}

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
}
