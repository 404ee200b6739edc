//! A guest's question to the server: what is the session now?

use session_watch::{
    Endpoints,
    web::{SessionView, session},
};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen_futures::spawn_local;

/// The events of a tab that comes to the front: shown again, focused, or back from the back/forward cache.
pub(super) const IN_FRONT: [&str; 3] = ["visibilitychange", "focus", "pageshow"];

/// Asks for the session, with one request at a time for all callers. Does not extend the session.
pub(super) struct SessionQuestion {
    state: Cell<State>,
    told: Box<dyn Fn(Option<SessionView>)>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum State {
    Idle,
    Asked,
    /// The session may have changed since the question, so the answer may be out of date.
    Stale,
}

impl SessionQuestion {
    /// Creates the question. `told` gets each answer, `None` for a visitor without a session. If the server does not
    /// answer, `told` is not called.
    pub(super) fn new(told: impl Fn(Option<SessionView>) + 'static) -> Rc<Self> {
        Rc::new(Self { state: Cell::new(State::Idle), told: Box::new(told) })
    }

    /// Asks, unless an answer is already on its way. The browser also focuses a tab that it shows; the two events cause
    /// one question.
    pub(super) fn ask(self: &Rc<Self>) {
        if self.state.get() == State::Idle {
            self.state.set(State::Asked);
            spawn_local(self.clone().run());
        }
    }

    /// Asks because the session may have changed. An answer that is on its way is then asked for again.
    pub(super) fn ask_anew(self: &Rc<Self>) {
        if self.state.get() == State::Idle {
            self.ask();
        } else {
            self.state.set(State::Stale);
        }
    }

    async fn run(self: Rc<Self>) {
        loop {
            let answer = session(Endpoints::default().session).await;
            if self.state.replace(State::Asked) == State::Stale {
                continue;
            }
            self.state.set(State::Idle);
            if let Some(session) = answer {
                (self.told)(session);
            }
            return;
        }
    }
}
