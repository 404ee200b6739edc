//! Whether the page still shows a session, and whose.
//!
//! News is only ever a hint, whoever brings it. Before anything is shown or comes back, the server is asked:
//! once for however many hints came meanwhile, and again until it has answered.

use crate::allowance::Allowance;
use auth_types::EndReason;

/// So many questions a tab asks at once because of hints; after that one with each tick.
const QUESTIONS: u32 = 10;
/// For so long, milliseconds.
const SPAN: i64 = 10_000;

/// What a tab knows.
#[derive(Clone, Debug)]
pub struct Watch {
    /// Whose page it is: the user's id.
    user: String,
    state: State,
    /// The page is covered until the server has answered: nobody has looked after it for a while.
    is_veiled: bool,
    /// Nobody looks at it.
    is_asleep: bool,
    question: Question,
    /// Somebody signed in in this browser, at another app: worth one silent sign-in, with this.
    ticket: Option<String>,
    allowance: Allowance,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The page shows the session. The reason is what somebody said about its end, not yet believed.
    Live(Option<EndReason>),
    /// The page shows that it has ended.
    Ended(EndReason),
    /// It is on its way elsewhere.
    Left,
}

/// Where the question to the server is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Question {
    /// Answered.
    None,
    /// On its way.
    Asked,
    /// On its way, and what came since may be newer than its answer.
    AskedTooEarly,
    /// To be asked with the next tick.
    Owed,
}

/// Something a tab hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody says that the session has ended, perhaps why.
    Ended(Option<EndReason>),
    /// A tab says that this user is signed in.
    SignedIn(String),
    /// Another app of the site says that somebody is signed in.
    SignedInNearby,
    /// Identity says that somebody signed in in this browser; the text lets this tab try a silent sign-in,
    /// once.
    SignedInElsewhere(String),
    /// The tab came to the front.
    Woke,
    /// The tab may have missed something.
    LostTouch,
    /// The tab is about to listen to the server, which refuses it should the session be over by then.
    Listens,
    /// The tab slept, or is about to: what it shows may be long out of date when somebody looks next.
    Slept,
    /// Time has passed.
    Tick,
    /// What the server says: who is signed in now.
    Answer(Option<String>),
    /// The server did not answer.
    NoAnswer,
}

/// What to do about it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Todo {
    /// Ask the server who is signed in; [`News::Answer`] or [`News::NoAnswer`] follows.
    Ask,
    /// Take what only the user may see off the page, and say why.
    ShowEnded(EndReason),
    /// Cover the page.
    Veil,
    /// Uncover it: it is still the user's.
    Unveil,
    /// Load the page again: the same user is back.
    Reload,
    /// Begin a silent sign-in with this.
    Return(String),
}

impl Watch {
    /// A tab whose page was written for the user with this id.
    #[must_use]
    pub fn new(user: String) -> Self {
        Self {
            user,
            state: State::Live(None),
            is_veiled: false,
            is_asleep: false,
            question: Question::None,
            ticket: None,
            allowance: Allowance::new(QUESTIONS, SPAN),
        }
    }

    /// Whether the page shows a session.
    #[must_use]
    pub fn is_live(&self) -> bool {
        matches!(self.state, State::Live(_))
    }

    /// Takes in a piece of news at `now`, milliseconds.
    pub fn hear(&mut self, news: News, now: i64) -> Option<Todo> {
        match (self.state, news) {
            (State::Left, _) => None,
            (State::Live(_), News::Ended(reason)) => {
                self.state = State::Live(reason);
                self.ask(now)
            }
            // One more tab of the same user is no news, and other apps have users of their own.
            (State::Live(_), News::SignedIn(user)) if user == self.user => None,
            (State::Live(_), News::SignedInNearby | News::SignedInElsewhere(_)) => None,
            (State::Ended(_), News::SignedInElsewhere(ticket)) => {
                self.ticket = Some(ticket);
                self.ask(now)
            }
            (_, News::Woke) => {
                self.is_asleep = false;
                self.ask(now)
            }
            (_, News::Ended(_) | News::SignedIn(_) | News::SignedInNearby | News::LostTouch) => self.ask(now),
            // A question on its way is new enough.
            (_, News::Listens) if matches!(self.question, Question::Asked | Question::AskedTooEarly) => None,
            (_, News::Listens) => self.ask(now),
            (state, News::Slept) => {
                self.is_asleep = true;
                if self.question == Question::Asked {
                    self.question = Question::AskedTooEarly;
                }
                let was_veiled = std::mem::replace(&mut self.is_veiled, matches!(state, State::Live(_)));
                (self.is_veiled && !was_veiled).then_some(Todo::Veil)
            }
            (_, News::Tick) => {
                if self.question != Question::Owed {
                    return None;
                }
                self.question = Question::Asked;
                Some(Todo::Ask)
            }
            (_, News::NoAnswer) => {
                self.question = Question::Owed;
                None
            }
            (_, News::Answer(user)) => {
                let is_old = self.question == Question::AskedTooEarly;
                self.question = if is_old { Question::Owed } else { Question::None };
                self.believe(user.as_deref(), is_old)
            }
        }
    }

    /// Does what follows from the server's word; `is_old` when something has been heard since it was asked.
    fn believe(&mut self, user: Option<&str>, is_old: bool) -> Option<Todo> {
        let is_own = user == Some(self.user.as_str());
        match self.state {
            State::Live(_) if is_own && is_old => None,
            State::Live(_) if is_own => {
                self.state = State::Live(None);
                let may_lift = self.is_veiled && !self.is_asleep;
                self.is_veiled &= self.is_asleep;
                may_lift.then_some(Todo::Unveil)
            }
            State::Live(_) if user.is_some() => Some(self.end(EndReason::UserChanged)),
            State::Live(reason) => Some(self.end(reason.unwrap_or(EndReason::Expired))),
            State::Ended(_) if is_own => {
                self.state = State::Left;
                Some(Todo::Reload)
            }
            // It was another user's sign-in that was heard of.
            State::Ended(reason) if user.is_some() => {
                self.ticket = None;
                (reason != EndReason::UserChanged).then(|| self.end(EndReason::UserChanged))
            }
            State::Ended(_) => {
                let ticket = self.ticket.take()?;
                self.state = State::Left;
                Some(Todo::Return(ticket))
            }
            State::Left => None,
        }
    }

    fn ask(&mut self, now: i64) -> Option<Todo> {
        match self.question {
            Question::Asked | Question::AskedTooEarly => {
                self.question = Question::AskedTooEarly;
                None
            }
            Question::None | Question::Owed if self.allowance.take(now) => {
                self.question = Question::Asked;
                Some(Todo::Ask)
            }
            Question::None | Question::Owed => {
                self.question = Question::Owed;
                None
            }
        }
    }

    fn end(&mut self, reason: EndReason) -> Todo {
        self.state = State::Ended(reason);
        self.is_veiled = false;
        Todo::ShowEnded(reason)
    }
}

#[cfg(test)]
#[path = "session_tests.rs"]
mod tests;
