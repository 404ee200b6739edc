//! Which tab listens to the server for all ([`leadership`](session_watch::leadership)), and what it hears.

use super::Watcher;
use crate::{
    browser::{
        dom::property,
        session_watch::{
            clock::now,
            stream::{Kind, Stream},
        },
    },
    tab::{leadership, message::kind, session::News},
};
use wasm_bindgen::JsValue;

/// How long a stream that was refused is left alone, milliseconds; doubled each time, up to the longest.
const PAUSE: i64 = 2_000;
const LONGEST_PAUSE: i64 = 60_000;

impl Watcher {
    /// Takes in what matters for who leads.
    pub(crate) fn lead(&self, event: leadership::Event) {
        use leadership::Effect;
        let effects = self.0.leadership.borrow_mut().hear(event, now());
        for effect in effects {
            match effect {
                Effect::Queue => self.0.lock.queue(self),
                Effect::Steal => self.0.lock.steal(self),
                Effect::Release => self.0.lock.release(),
                // The stream is opened when the server has said which.
                Effect::Listen => self.news(News::Listens),
                Effect::Ask => self.news(News::LostTouch),
                Effect::StopListening => drop(self.0.stream.borrow_mut().take()),
                Effect::Ping => self.0.channel.post(kind::PING, ""),
                Effect::SayHere => self.0.channel.post(kind::HERE, ""),
            }
        }
    }

    /// Listens to what there is to listen to, if this tab is the one that listens.
    pub(super) fn sync_stream(&self) {
        if !self.0.leadership.borrow().acts() {
            return;
        }
        let wanted = if self.0.watch.borrow().is_live() { Kind::Session } else { Kind::Waiting };
        if self.0.stream.borrow().as_ref().is_some_and(|stream| stream.kind == wanted)
            || now() < self.0.pause.get().0
        {
            return;
        }
        self.0.heard_at.set(now());
        let stream = Stream::open(wanted, self);
        drop(self.0.stream.replace(stream));
    }

    /// The server refused the stream, or ended it for good.
    pub(crate) fn lost_stream(&self, kind: Kind) {
        drop(self.0.stream.borrow_mut().take());
        let pause = (self.0.pause.get().1 * 2).clamp(PAUSE, LONGEST_PAUSE);
        self.0.pause.set((now() + pause, pause));
        if kind == Kind::Session {
            self.news(News::LostTouch);
        }
    }

    /// Takes in what the server says on the stream.
    pub(crate) fn hear_server(&self, name: &str, sent: i64, data: &JsValue) {
        self.0.heard_at.set(now());
        self.0.panel.note("server", name, Some((self.0.clock.server() - sent).max(0)));
        if name == "heartbeat" {
            self.0.pause.set((0, 0));
            self.know(data);
            return;
        }
        if matches!(name, "signed_out" | "user_changed") {
            // The last event of a stream; the browser would connect again and be refused.
            drop(self.0.stream.borrow_mut().take());
            self.0.pause.set((now() + PAUSE, 0));
        }
        if name == "signed_in" {
            self.news(News::SignedInElsewhere(text(data, "ticket").unwrap_or_default()));
            return;
        }
        let detail = text(data, "reason").unwrap_or_default();
        self.0.channel.post(name, &detail);
        self.hear(name, &detail);
    }
}

fn text(object: &JsValue, name: &str) -> Option<String> {
    property(object, name).as_string()
}
