//! What the server, the other tabs and the other apps say.

use super::Tab;
use crate::{
    Effect, ServerEvent, SessionAnswer, Source, TimesAnswer,
    machine::{
        hub, idle, leadership,
        message::{Message, Times, kind},
        session,
    },
};
use auth_types::{EndReason, SessionTimes};

impl Tab {
    pub(super) fn hear_server(&mut self, event: ServerEvent, sent: i64) {
        self.listening.hear(self.now);
        let delay = (self.clock.server(self.now) - sent).max(0);
        self.note(Source::Server, event.name(), Some(delay));
        match event {
            ServerEvent::Heartbeat(times) => {
                self.listening.resume();
                if let Some(times) = times {
                    self.know(times);
                }
            }
            ServerEvent::Changed => {
                self.post(kind::CHANGED, "");
                self.emit(Effect::Changed);
            }
            ServerEvent::SignedOut(reason) => {
                self.end_stream();
                self.post(kind::SIGNED_OUT, reason.map_or("", EndReason::as_str));
                self.tell_session(session::Input::Ended(reason));
            }
            ServerEvent::UserChanged => {
                self.end_stream();
                self.post(kind::USER_CHANGED, "");
                self.tell_session(session::Input::Ended(Some(EndReason::UserChanged)));
            }
            ServerEvent::SignedIn { ticket } => self.tell_session(session::Input::SignedInElsewhere(ticket)),
        }
    }

    pub(super) fn hear_session(&mut self, answer: SessionAnswer) {
        let user = match answer {
            SessionAnswer::Missing => return self.tell_session(session::Input::NoAnswer),
            SessionAnswer::SignedOut => None,
            SessionAnswer::SignedIn(user) => Some(user),
        };
        self.tell_session(session::Input::Answer(user));
        self.sync_stream();
    }

    pub(super) fn hear_activity(&mut self, answer: TimesAnswer) {
        if self.hear_times(answer) {
            // The other tabs need not wait for the server's next heartbeat.
            self.post_activity(self.idle.last_activity());
        } else {
            self.tell_idle(idle::Input::NotTold);
            self.emit(Effect::Unreachable);
        }
    }

    /// Takes in an answer with the session's times; whether there was one.
    pub(super) fn hear_times(&mut self, answer: TimesAnswer) -> bool {
        match answer {
            TimesAnswer::Times(times) => self.know(times),
            // The session has ended, and this tab has not heard yet.
            TimesAnswer::Ended => self.tell_session(session::Input::LostTouch),
            TimesAnswer::Missing => return false,
        }
        true
    }

    /// Takes in the session's times, and passes them on to the other tabs.
    fn know(&mut self, times: SessionTimes) {
        let SessionTimes { now: sent, last_activity, expires } = times;
        self.clock.sample(sent, self.now);
        self.expires = expires;
        if self.leadership.acts() {
            let times = Times { offset: self.clock.offset(), last_activity, expires };
            self.post(kind::TIMES, &times.detail());
        }
        self.tell_idle(idle::Input::Known(last_activity));
    }

    // The other tabs, and the other apps of the site.

    pub(super) fn hear_tab(&mut self, line: &str) {
        if !self.allowance.take(self.now) {
            // One of the messages that are dropped may be true.
            return self.tell_session(session::Input::LostTouch);
        }
        let Some(Message { kind, sent, detail }) = Message::parse(line) else { return };
        if !matches!(kind, kind::PING | kind::HERE | kind::TIMES) {
            self.note(Source::Tab, kind, Some((self.now - sent).max(0)));
        }
        match kind {
            kind::PING => self.tell_leadership(leadership::Input::Pinged),
            kind::HERE => self.tell_leadership(leadership::Input::Heard),
            kind::TIMES => {
                self.tell_leadership(leadership::Input::Heard);
                if let Some(times) = Times::parse(detail).filter(|_| !self.leadership.acts()) {
                    self.clock.set(times.offset);
                    self.expires = times.expires;
                    self.tell_idle(idle::Input::Known(times.last_activity));
                }
            }
            kind::ACTIVE => {
                if let Ok(at) = detail.parse::<i64>() {
                    self.tell_idle(idle::Input::Told(at.saturating_add(self.clock.offset())));
                }
            }
            kind::SIGNED_OUT => self.tell_session(session::Input::Ended(EndReason::parse(detail))),
            kind::USER_CHANGED => self.tell_session(session::Input::Ended(Some(EndReason::UserChanged))),
            kind::SIGNED_IN => self.tell_session(session::Input::SignedIn(detail.to_owned())),
            kind::HUB => self.hear_other_app(detail == hub::IN),
            kind::CHANGED => self.emit(Effect::Changed),
            // A message of another version, or of no version.
            _ => {}
        }
    }

    pub(super) fn hear_hub(&mut self, line: &str) {
        match self.hub.hear(line) {
            hub::Word::Session(is_signed_in) => {
                let detail = if is_signed_in { hub::IN } else { hub::OUT };
                self.note(Source::Hub, detail, None);
                self.post(kind::HUB, detail);
                self.hear_other_app(is_signed_in);
            }
            hub::Word::Aside => {
                self.emit(Effect::UnloadHub);
                self.show_readings();
            }
            hub::Word::Nothing => self.show_readings(),
        }
    }

    fn hear_other_app(&mut self, is_signed_in: bool) {
        use session::Input;
        self.tell_session(if is_signed_in { Input::SignedInNearby } else { Input::LostTouch });
    }
}
