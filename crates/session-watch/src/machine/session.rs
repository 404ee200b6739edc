//! Decides whether the page still shows the user's session.
//!
//! Every input except the server's answer is a hint. Before the page changes, the tab asks the server. All
//! hints that arrive during a question cause one more question. The tab repeats a question until the server
//! answers.

use super::rate_limit::RateLimit;
use auth_types::EndReason;

/// Hints cause at most this many questions per [`WINDOW`]; after that, the tab asks once per tick.
const QUESTIONS: u32 = 10;
/// The window of the rate limit, milliseconds.
const WINDOW: i64 = 10_000;

/// The tab's view of its page's session.
#[derive(Clone, Debug)]
pub(crate) struct Session {
    /// The id of the page's user.
    user: String,
    state: State,
    /// The page is covered until the server has answered, because its content may be out of date.
    is_covered: bool,
    /// The tab sleeps: the user does not see the page.
    is_asleep: bool,
    question: Question,
    /// The ticket for one silent sign-in: the user may have signed in to another app in this browser.
    ticket: Option<String>,
    rate_limit: RateLimit,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The page shows the session. The reason is a hint that the server has not confirmed.
    Live(Option<EndReason>),
    /// The page shows that the session has ended.
    Ended(EndReason),
    /// The browser is loading another page.
    Navigating,
}

/// The state of the question to the server.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// No question is open.
    None,
    /// The tab waits for the answer.
    Asked,
    /// The tab waits for the answer, but a newer hint has arrived since the tab asked.
    Stale,
    /// The tab asks with the next tick.
    Pending,
}

/// An input to the machine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Input {
    /// A hint that the session has ended, with the reason if it is known.
    Ended(Option<EndReason>),
    /// Another tab says that this user is signed in.
    SignedIn(String),
    /// Another app of the same site says that it has a session.
    SignedInOnSite,
    /// Identity says that a user signed in to another app in this browser. The ticket is valid for one silent
    /// sign-in.
    SignedInWithTicket(String),
    /// The tab came to the front, or the network is back.
    Woke,
    /// The tab may have missed an event.
    EventsMissed,
    /// The tab is about to open its event stream, which the server refuses when the session has ended.
    Listens,
    /// The tab slept, or is about to. The page may be out of date when the user sees it again.
    Slept,
    /// Time has passed.
    Tick,
    /// The server's answer: the id of the signed-in user, or `None` without a session.
    Answer(Option<String>),
    /// The server did not answer.
    NoAnswer,
}

/// An action for the caller.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Output {
    /// Ask the server for the current session; [`Input::Answer`] or [`Input::NoAnswer`] follows.
    Ask,
    /// Remove the signed-in content from the page, and show the reason.
    Ended(EndReason),
    /// Cover the page.
    Cover,
    /// Show the page again: the server has confirmed the user's session.
    Show,
    /// Restore the content: the same user is signed in again.
    Restore,
    /// Try a silent sign-in with this ticket.
    SignInSilently(String),
}

impl Session {
    /// Creates the state for a page that the server rendered for the user with this id.
    pub(crate) fn new(user: String) -> Self {
        Self {
            user,
            state: State::Live(None),
            is_covered: false,
            is_asleep: false,
            question: Question::None,
            ticket: None,
            rate_limit: RateLimit::new(QUESTIONS, WINDOW),
        }
    }

    /// Returns the id of the page's user.
    pub(crate) fn user(&self) -> &str {
        &self.user
    }

    /// Returns whether the page shows a session.
    pub(crate) fn is_live(&self) -> bool {
        matches!(self.state, State::Live(_))
    }

    /// Handles an input at `now`, milliseconds, and returns the action for the caller.
    pub(crate) fn handle(&mut self, input: Input, now: i64) -> Option<Output> {
        match (self.state, input) {
            (State::Navigating, _) => None,
            (State::Live(_), Input::Ended(reason)) => {
                self.state = State::Live(reason);
                self.ask(now)
            }
            // A tab of the same user brings no news, and another app may have another user.
            (State::Live(_), Input::SignedIn(user)) if user == self.user => None,
            (State::Live(_), Input::SignedInOnSite | Input::SignedInWithTicket(_)) => None,
            (State::Ended(_), Input::SignedInWithTicket(ticket)) => {
                self.ticket = Some(ticket);
                self.ask(now)
            }
            (_, Input::Woke) => {
                self.is_asleep = false;
                self.ask(now)
            }
            (_, Input::Ended(_) | Input::SignedIn(_) | Input::SignedInOnSite | Input::EventsMissed) => {
                self.ask(now)
            }
            // The answer to an open question is recent enough.
            (_, Input::Listens) if matches!(self.question, Question::Asked | Question::Stale) => None,
            (_, Input::Listens) => self.ask(now),
            (state, Input::Slept) => {
                self.is_asleep = true;
                if self.question == Question::Asked {
                    self.question = Question::Stale;
                }
                let was_covered = std::mem::replace(&mut self.is_covered, matches!(state, State::Live(_)));
                (self.is_covered && !was_covered).then_some(Output::Cover)
            }
            (_, Input::Tick) => {
                if self.question != Question::Pending {
                    return None;
                }
                self.question = Question::Asked;
                Some(Output::Ask)
            }
            (_, Input::NoAnswer) => {
                self.question = Question::Pending;
                None
            }
            (_, Input::Answer(user)) => {
                let is_old = self.question == Question::Stale;
                self.question = if is_old { Question::Pending } else { Question::None };
                self.accept(user.as_deref(), is_old)
            }
        }
    }

    /// Acts on the server's answer. `is_old`: a hint has arrived since the tab asked.
    fn accept(&mut self, user: Option<&str>, is_old: bool) -> Option<Output> {
        let is_own = user == Some(self.user.as_str());
        match self.state {
            State::Live(_) if is_own && is_old => None,
            State::Live(_) if is_own => {
                self.state = State::Live(None);
                let may_lift = self.is_covered && !self.is_asleep;
                self.is_covered &= self.is_asleep;
                may_lift.then_some(Output::Show)
            }
            State::Live(_) if user.is_some() => Some(self.end(EndReason::UserChanged)),
            State::Live(reason) => Some(self.end(reason.unwrap_or(EndReason::Expired))),
            State::Ended(_) if is_own => {
                self.state = State::Navigating;
                Some(Output::Restore)
            }
            // The hint was about another user's sign-in.
            State::Ended(reason) if user.is_some() => {
                self.ticket = None;
                (reason != EndReason::UserChanged).then(|| self.end(EndReason::UserChanged))
            }
            State::Ended(_) => {
                let ticket = self.ticket.take()?;
                self.state = State::Navigating;
                Some(Output::SignInSilently(ticket))
            }
            State::Navigating => None,
        }
    }

    fn ask(&mut self, now: i64) -> Option<Output> {
        match self.question {
            Question::Asked | Question::Stale => {
                self.question = Question::Stale;
                None
            }
            Question::None | Question::Pending if self.rate_limit.take(now) => {
                self.question = Question::Asked;
                Some(Output::Ask)
            }
            Question::None | Question::Pending => {
                self.question = Question::Pending;
                None
            }
        }
    }

    fn end(&mut self, reason: EndReason) -> Output {
        self.state = State::Ended(reason);
        self.is_covered = false;
        Output::Ended(reason)
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
