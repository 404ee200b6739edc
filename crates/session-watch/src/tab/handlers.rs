//! Handlers for messages from the server, the other tabs and the other apps.

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
    pub(super) fn on_server(&mut self, event: ServerEvent, sent: i64) {
        self.listening.handle(self.now);
        let delay = (self.clock.server(self.now) - sent).max(0);
        self.note(Source::Server, event.name(), Some(delay));
        match event {
            ServerEvent::Heartbeat(times) => {
                self.listening.resume();
                if let Some(times) = times {
                    self.set_times(times);
                }
            }
            ServerEvent::Changed => {
                self.post(kind::CHANGED, "");
                self.emit(Effect::Changed);
            }
            ServerEvent::SignedOut(reason) => {
                self.end_stream();
                self.post(kind::SIGNED_OUT, reason.map_or("", EndReason::as_str));
                self.step_session(session::Input::Ended(reason));
            }
            ServerEvent::UserChanged => {
                self.end_stream();
                self.post(kind::USER_CHANGED, "");
                self.step_session(session::Input::Ended(Some(EndReason::UserChanged)));
            }
            ServerEvent::SignedIn { ticket } => self.step_session(session::Input::SignedInWithTicket(ticket)),
        }
    }

    pub(super) fn on_session(&mut self, answer: SessionAnswer) {
        let user = match answer {
            SessionAnswer::Missing => return self.step_session(session::Input::NoAnswer),
            SessionAnswer::SignedOut => None,
            SessionAnswer::SignedIn(user) => Some(user),
        };
        self.step_session(session::Input::Answer(user));
        self.sync_stream();
    }

    pub(super) fn on_activity(&mut self, answer: TimesAnswer) {
        if self.on_times(answer) {
            // The other tabs need not wait for the server's next heartbeat.
            self.post_activity(self.idle.last_activity());
        } else {
            self.step_idle(idle::Input::ReportFailed);
            // A lost background report is repeated silently. A user who answered the warning waits for this one.
            if self.idle.is_answer_pending() {
                self.emit(Effect::Unreachable);
            }
        }
    }

    /// Applies a server's answer with the session's times. Returns whether the server answered.
    pub(super) fn on_times(&mut self, answer: TimesAnswer) -> bool {
        match answer {
            TimesAnswer::Times(times) => self.set_times(times),
            // The session has ended, but no event has told this tab yet.
            TimesAnswer::Ended => self.step_session(session::Input::EventsMissed),
            TimesAnswer::Missing => return false,
        }
        true
    }

    /// Applies the session's times. The leading tab also passes the times on to the other tabs.
    fn set_times(&mut self, times: SessionTimes) {
        let SessionTimes { now: sent, last_activity, expires } = times;
        self.clock.sample(sent, self.now);
        self.expires = expires;
        if self.leadership.is_active() {
            let times = Times { offset: self.clock.offset(), last_activity, expires };
            self.post(kind::TIMES, &times.detail());
        }
        self.step_idle(idle::Input::ConfirmedByServer(last_activity));
    }

    // The other tabs, and the other apps of the site.

    pub(super) fn on_tab(&mut self, line: &str) {
        if !self.rate_limit.take(self.now) {
            // A dropped message may have been genuine, so ask the server.
            return self.step_session(session::Input::EventsMissed);
        }
        let Some(Message { kind, sent, detail }) = Message::parse(line) else { return };
        if !matches!(kind, kind::PING | kind::HERE | kind::TIMES) {
            self.note(Source::Tab, kind, Some((self.now - sent).max(0)));
        }
        match kind {
            kind::PING => self.step_leadership(leadership::Input::Pinged),
            kind::HERE => self.step_leadership(leadership::Input::LeaderHeard),
            kind::TIMES => {
                self.step_leadership(leadership::Input::LeaderHeard);
                if let Some(times) = Times::parse(detail).filter(|_| !self.leadership.is_active()) {
                    self.clock.set(times.offset);
                    self.expires = times.expires;
                    self.step_idle(idle::Input::ConfirmedByServer(times.last_activity));
                }
            }
            kind::ACTIVE => {
                if let Ok(at) = detail.parse::<i64>() {
                    self.step_idle(idle::Input::ReportedByTab(at.saturating_add(self.clock.offset())));
                }
            }
            kind::SIGNED_OUT => self.step_session(session::Input::Ended(EndReason::parse(detail))),
            kind::USER_CHANGED => self.step_session(session::Input::Ended(Some(EndReason::UserChanged))),
            kind::SIGNED_IN => self.step_session(session::Input::SignedIn(detail.to_owned())),
            kind::HUB => self.on_other_app(detail == hub::IN),
            kind::CHANGED => self.emit(Effect::Changed),
            // An unknown message, for example from another version.
            _ => {}
        }
    }

    pub(super) fn on_hub(&mut self, line: &str) {
        match self.hub.handle(line) {
            hub::HubReply::Session(is_signed_in) => {
                let detail = if is_signed_in { hub::IN } else { hub::OUT };
                self.note(Source::Hub, detail, None);
                self.post(kind::HUB, detail);
                self.on_other_app(is_signed_in);
            }
            hub::HubReply::Unusable => {
                self.emit(Effect::UnloadHub);
                self.show_status();
            }
            hub::HubReply::Nothing => self.show_status(),
        }
    }

    fn on_other_app(&mut self, is_signed_in: bool) {
        use session::Input;
        self.step_session(if is_signed_in { Input::SignedInOnSite } else { Input::EventsMissed });
    }
}
