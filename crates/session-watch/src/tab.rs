//! One tab: takes every event and returns every effect.

mod handlers;
mod transitions;

use crate::{
    Effect, Event, StreamKind,
    machine::{
        clock::Clock,
        hub::{self, Hub},
        idle::{self, Idle},
        leadership::{self, Leadership},
        listening::Listening,
        message::kind,
        rate_limit::RateLimit,
        session::{self, Session},
        sleep::{Gap, Sleep},
    },
};
use auth_types::{EndReason, TabFacts};

/// The rate limit for messages from other tabs, per [`WINDOW`]. Twenty busy tabs send a tenth of this number.
const MESSAGES: u32 = 300;
/// The window of the rate limit, milliseconds.
const WINDOW: i64 = 10_000;

/// The state machine of one tab. Pure: [`dispatch`](Self::dispatch) is the only input, and takes the time as
/// an argument.
#[derive(Clone, Debug)]
pub struct Tab {
    session: Session,
    leadership: Leadership,
    idle: Idle,
    clock: Clock,
    sleep: Sleep,
    listening: Listening,
    hub: Hub,
    rate_limit: RateLimit,
    /// When the session ends, by the server's clock.
    expires: i64,
    /// The time of the event that is being dispatched.
    now: i64,
    /// The effects of the event that is being dispatched.
    effects: Vec<Effect>,
}

impl Tab {
    /// Creates a tab for a page that the server rendered for the user with this id.
    ///
    /// `received` is when the page arrived and `now` is when the watch starts, both by this machine's clock
    /// in milliseconds since 1970.
    #[must_use]
    pub fn new(user: String, facts: &TabFacts, received: i64, now: i64) -> Self {
        Self {
            session: Session::new(user),
            leadership: Leadership::new(now),
            idle: Idle::new(facts.into(), facts.times.last_activity),
            clock: Clock::new(facts.times.now, received),
            sleep: Sleep::default(),
            listening: Listening::default(),
            hub: Hub::new(facts.hub.is_some()),
            rate_limit: RateLimit::new(MESSAGES, WINDOW),
            expires: facts.times.expires,
            now,
            effects: Vec::new(),
        }
    }

    /// Handles an event at `now`, by this machine's clock, and returns the effects to carry out, in order.
    #[must_use]
    pub fn dispatch(&mut self, event: Event, now: i64) -> Vec<Effect> {
        self.now = now;
        match event {
            Event::Started { is_hidden } => self.start(is_hidden),
            Event::Tick { uptime, is_hidden, is_playing } => self.tick(uptime, is_hidden, is_playing),
            Event::Hidden => self.sleep.hide(now),
            Event::Shown => {
                if self.sleep.show(now) {
                    self.step_session(session::Input::Slept);
                }
                self.on_wake(false);
            }
            Event::Leaving => {
                self.step_session(session::Input::Slept);
                self.step_leadership(leadership::Input::Leaving);
                self.emit(Effect::CloseChannel);
            }
            Event::Returned { is_hidden } => {
                self.mark_clock_doubtful();
                self.emit(Effect::OpenChannel);
                self.step_leadership(leadership::Input::Back);
                self.on_wake(is_hidden);
            }
            Event::Online { is_hidden } => self.on_wake(is_hidden),
            Event::Acted => self.step_idle(idle::Input::Acted),
            Event::Stayed => self.step_idle(idle::Input::Stayed),
            Event::Doubted => self.step_session(session::Input::EventsMissed),
            Event::LockGranted => self.step_leadership(leadership::Input::Granted),
            Event::LockLost => self.step_leadership(leadership::Input::Lost),
            Event::FromTab(line) => self.on_tab(&line),
            Event::FromServer { event, sent } => self.on_server(event, sent),
            Event::StreamLost(kind) => {
                self.close_stream();
                self.listening.refuse(now);
                if kind == StreamKind::Session {
                    self.step_session(session::Input::EventsMissed);
                }
            }
            Event::HubLoaded => self.emit(Effect::PostToHub(hub::HELLO)),
            Event::FromHub(line) => self.on_hub(&line),
            Event::Session(answer) => self.on_session(answer),
            Event::Activity(answer) => self.on_activity(answer),
            Event::IdleEnded => {
                self.post(kind::SIGNED_OUT, EndReason::Idle.as_str());
                self.step_session(session::Input::Ended(Some(EndReason::Idle)));
            }
            Event::IdleRefused(answer) => {
                self.on_times(answer);
            }
        }
        std::mem::take(&mut self.effects)
    }

    // The tab's lifecycle.

    fn start(&mut self, is_hidden: bool) {
        if is_hidden {
            self.sleep.hide(self.now);
        }
        self.emit(Effect::OpenChannel);
        let user = self.session.user().to_owned();
        self.post(kind::SIGNED_IN, &user);
        // Catch up on events that this tab has missed since the server rendered the page.
        self.step_session(session::Input::EventsMissed);
        self.emit(Effect::QueueForLock);
    }

    fn tick(&mut self, uptime: i64, is_hidden: bool, is_playing: bool) {
        match self.sleep.tick(self.now, uptime) {
            Gap::None => {}
            Gap::Nap => self.step_session(session::Input::Slept),
            Gap::Sleep => {
                self.mark_clock_doubtful();
                self.step_session(session::Input::Slept);
                self.on_wake(is_hidden);
            }
        }
        self.step_leadership(leadership::Input::Tick);
        self.step_session(session::Input::Tick);
        let is_active = self.leadership.is_active();
        if is_active && self.listening.is_silent(self.now) {
            self.close_stream();
            self.step_session(session::Input::EventsMissed);
        }
        if is_playing {
            self.step_idle(idle::Input::Acted);
        }
        self.step_idle(idle::Input::Tick { is_active });
        self.sync_stream();
        if let Some(effect) = self.hub.sync(is_active) {
            self.emit(effect);
        }
        self.show_status();
    }

    /// Reacts to the return of the user to the tab, or of the network.
    fn on_wake(&mut self, is_hidden: bool) {
        if !is_hidden {
            self.step_session(session::Input::Woke);
        }
        self.step_leadership(leadership::Input::Tick);
    }

    /// Stops trusting this machine's clock until the server tells the time. The stream is closed, because the
    /// server tells the time first on a new stream.
    fn mark_clock_doubtful(&mut self) {
        self.clock.mark_doubtful();
        self.close_stream();
    }
}

#[cfg(test)]
#[path = "tab_tests.rs"]
mod tests;
