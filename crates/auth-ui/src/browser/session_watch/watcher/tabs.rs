//! What this tab hears from the other tabs ([`message`](session_watch::message)), and from other apps by the hub.

use super::Watcher;
use crate::{
    browser::{
        dom::window,
        session_watch::{CHANGED, clock::now},
    },
    tab::{
        idle, leadership,
        message::{Message, Times, kind},
        session::News,
    },
};
use auth_types::EndReason;

impl Watcher {
    /// Takes in what another tab says; `None` for what cannot be read.
    pub(crate) fn hear_line(&self, message: Option<Message<'_>>) {
        if !self.0.allowance.borrow_mut().take(now()) {
            // Among what is not looked at may be something true.
            self.news(News::LostTouch);
            return;
        }
        let Some(Message { kind, sent, detail }) = message else { return };
        if !matches!(kind, kind::PING | kind::HERE | kind::TIMES) {
            self.0.panel.note("tab", kind, Some((now() - sent).max(0)));
        }
        match kind {
            kind::PING => self.lead(leadership::Event::Pinged),
            kind::HERE => self.lead(leadership::Event::Heard),
            kind::TIMES => {
                self.lead(leadership::Event::Heard);
                let times = Times::parse(detail);
                if let Some(times) = times.filter(|_| !self.0.leadership.borrow().acts()) {
                    self.0.clock.set(times.offset);
                    self.0.expires.set(times.expires);
                    self.idle(idle::Event::Known(times.last_activity));
                }
            }
            kind::ACTIVE => {
                if let Ok(at) = detail.parse::<i64>() {
                    self.idle(idle::Event::Told(at.saturating_add(self.0.clock.offset())));
                }
            }
            _ => self.hear(kind, detail),
        }
    }

    pub(super) fn hear(&self, kind: &str, detail: &str) {
        match kind {
            kind::SIGNED_OUT => self.news(News::Ended(EndReason::parse(detail))),
            kind::USER_CHANGED => self.news(News::Ended(Some(EndReason::UserChanged))),
            kind::SIGNED_IN => self.news(News::SignedIn(detail.to_owned())),
            kind::HUB if detail == "in" => self.news(News::SignedInNearby),
            kind::HUB => self.news(News::LostTouch),
            kind::CHANGED => self.say_changed(),
            // Another version's, or nobody's.
            _ => {}
        }
    }

    // The other apps of the site.

    /// Tells the page that the session is not what it was.
    pub(super) fn say_changed(&self) {
        if let Ok(event) = web_sys::Event::new(CHANGED) {
            let _ = window().dispatch_event(&event);
        }
    }

    /// Takes in what the hub says, and passes it on.
    pub(crate) fn hear_hub(&self, is_signed_in: bool) {
        let detail = if is_signed_in { "in" } else { "out" };
        self.0.panel.note("hub", detail, None);
        self.0.channel.post(kind::HUB, detail);
        self.hear(kind::HUB, detail);
    }
}
