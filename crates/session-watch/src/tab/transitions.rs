//! Feeds inputs to the machines, and turns their outputs into effects.

use super::Tab;
use crate::{
    Effect, Source, TabEvent, TabStatus,
    machine::{
        idle::{self, Phase},
        leadership,
        message::{Message, kind},
        session,
    },
};
use auth_types::EndReason;

impl Tab {
    pub(super) fn step_session(&mut self, input: session::Input) {
        use session::Output;
        let Some(output) = self.session.handle(input, self.now) else { return };
        let effect = match output {
            Output::Ask => Effect::AskSession,
            Output::Cover => Effect::Cover,
            Output::Show => Effect::Show,
            Output::Restore => Effect::Restore,
            Output::SignInSilently(ticket) => Effect::SignInSilently(ticket),
            Output::Ended(reason) => return self.end(reason),
        };
        self.emit(effect);
    }

    fn end(&mut self, reason: EndReason) {
        self.emit(Effect::Ended(reason));
        if let Some(effect) = self.hub.report(false) {
            self.emit(effect);
        }
        self.emit(Effect::Changed);
        self.listening.resume();
        // The other tabs may not know yet: the leader may have found out by asking the server.
        if self.leadership.is_active() {
            self.post(kind::SIGNED_OUT, reason.as_str());
        }
    }

    pub(super) fn step_leadership(&mut self, input: leadership::Input) {
        use leadership::Output;
        for output in self.leadership.handle(input, self.now) {
            match output {
                Output::Queue => self.emit(Effect::QueueForLock),
                Output::Steal => self.emit(Effect::StealLock),
                Output::Release => self.emit(Effect::ReleaseLock),
                // `on_session` opens the stream after the server has answered.
                Output::Listen => self.step_session(session::Input::Listens),
                Output::Ask => self.step_session(session::Input::EventsMissed),
                Output::StopListening => self.close_stream(),
                Output::Ping => self.post(kind::PING, ""),
                Output::SayHere => self.post(kind::HERE, ""),
            }
        }
    }

    pub(super) fn step_idle(&mut self, input: idle::Input) {
        use idle::Output;
        if !self.session.is_live() || self.clock.is_doubtful() {
            return;
        }
        let server_now = self.clock.server(self.now);
        for output in self.idle.handle(input, server_now) {
            match output {
                Output::Share(at) => self.post_activity(at),
                Output::Beacon { ago } => self.emit(Effect::SendActivity { ago }),
                Output::Warn => self.emit(Effect::Warn),
                Output::DismissWarning => self.emit(Effect::DismissWarning),
                Output::Expire { last_activity } => self.emit(Effect::EndIdle { last_activity }),
            }
        }
        if self.idle.phase() != Phase::Active
            && let Some(deadline) = self.idle.deadline()
        {
            self.emit(Effect::TimeLeft(deadline - server_now));
        }
    }

    /// Opens the stream that fits the page's state, if this tab listens for all tabs of the origin.
    pub(super) fn sync_stream(&mut self) {
        if self.leadership.is_active()
            && let Some(kind) = self.listening.switch(self.session.is_live(), self.now)
        {
            self.emit(Effect::OpenStream(kind));
        }
    }

    pub(super) fn close_stream(&mut self) {
        if self.listening.close() {
            self.emit(Effect::CloseStream);
        }
    }

    pub(super) fn end_stream(&mut self) {
        self.close_stream();
        self.listening.end(self.now);
    }

    /// Adds an effect.
    pub(super) fn emit(&mut self, effect: Effect) {
        self.effects.push(effect);
    }

    pub(super) fn post_activity(&mut self, at: i64) {
        self.post(kind::ACTIVE, &(at - self.clock.offset()).to_string());
    }

    pub(super) fn post(&mut self, kind: &str, detail: &str) {
        let line = Message { kind, sent: self.now, detail }.line();
        self.emit(Effect::PostToTabs(line));
    }

    pub(super) fn note(&mut self, source: Source, name: &str, delay: Option<i64>) {
        self.emit(Effect::TabEvent(TabEvent { at: self.now, source, name: name.to_owned(), delay }));
    }

    /// Reports this app's session to the hub, and the tab's status to the host.
    pub(super) fn show_status(&mut self) {
        if let Some(effect) = self.hub.report(self.session.is_live()) {
            self.emit(effect);
        }
        let server_now = self.clock.server(self.now);
        self.emit(Effect::TabStatus(TabStatus {
            role: self.leadership.role(),
            stream: self.listening.open(),
            hub: self.hub.state(),
            offset: self.clock.offset(),
            active: server_now - self.idle.last_activity(),
            idle: self.idle.deadline().map(|deadline| deadline - server_now),
            expires: self.expires - server_now,
        }));
    }
}
