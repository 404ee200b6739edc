//! What a tab makes of what it hears about its session: a pure machine, news in, one thing to do out.
//!
//! News is only ever a hint, whoever brings it. Before anything is shown, the server is asked.

use auth_types::EndReason;

/// What a tab knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watch {
    /// Whose page it is: the user's id.
    user: String,
    state: State,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    /// The page shows the session. The reason is what somebody said about its end, not yet believed.
    Live(Option<EndReason>),
    /// The page shows that it has ended.
    Ended(EndReason),
}

/// Something a tab hears.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum News {
    /// Somebody says that the session has ended, perhaps why.
    Ended(Option<EndReason>),
    /// A tab says that this user is signed in.
    SignedIn(String),
    /// The tab came to the front, or lost touch for a while.
    Woke,
    /// What the server says: who is signed in now.
    Answer(Option<String>),
}

/// What to do about it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Todo {
    /// Ask the server who is signed in; its answer is [`News::Answer`].
    Ask,
    /// Take what only the user may see off the page, and say why.
    ShowEnded(EndReason),
    /// Load the page again: the same user is back.
    Reload,
}

impl Watch {
    /// A tab whose page was written for the user with this id.
    #[must_use]
    pub fn new(user: String) -> Self {
        Self { user, state: State::Live(None) }
    }

    /// Takes in a piece of news.
    pub fn hear(&mut self, news: News) -> Option<Todo> {
        match (self.state, news) {
            (State::Live(_), News::Ended(reason)) => {
                self.state = State::Live(reason);
                Some(Todo::Ask)
            }
            // One more tab of the same user is no news.
            (State::Live(_), News::SignedIn(user)) if user == self.user => None,
            (_, News::Ended(_) | News::SignedIn(_) | News::Woke) => Some(Todo::Ask),
            (State::Live(_), News::Answer(Some(user))) if user == self.user => {
                self.state = State::Live(None);
                None
            }
            (State::Live(reason), News::Answer(None)) => Some(self.end(reason.unwrap_or(EndReason::Expired))),
            (State::Ended(_), News::Answer(Some(user))) if user == self.user => Some(Todo::Reload),
            (State::Ended(_), News::Answer(None))
            | (State::Ended(EndReason::UserChanged), News::Answer(Some(_))) => None,
            (_, News::Answer(Some(_))) => Some(self.end(EndReason::UserChanged)),
        }
    }

    fn end(&mut self, reason: EndReason) -> Todo {
        self.state = State::Ended(reason);
        Todo::ShowEnded(reason)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn alices() -> Watch {
        Watch::new("alice".into())
    }

    fn says(user: &str) -> News {
        News::Answer(Some(user.into()))
    }

    #[test]
    fn nothing_is_believed_before_the_server_was_asked() {
        let mut watch = alices();
        assert_eq!(watch.hear(News::Ended(Some(EndReason::Revoked))), Some(Todo::Ask));
        assert_eq!(watch.hear(says("alice")), None, "a forged message");
        assert_eq!(watch.hear(News::Woke), Some(Todo::Ask));
        assert_eq!(watch.hear(News::Answer(None)), Some(Todo::ShowEnded(EndReason::Expired)));
    }

    #[test]
    fn the_reason_is_what_was_said_once_the_server_confirms_the_end() {
        let mut watch = alices();
        watch.hear(News::Ended(Some(EndReason::Revoked)));
        assert_eq!(watch.hear(News::Answer(None)), Some(Todo::ShowEnded(EndReason::Revoked)));
        assert_eq!(watch.hear(News::Answer(None)), None, "said once");
    }

    #[test]
    fn a_tab_that_waits_comes_back_when_the_same_user_does() {
        let mut watch = alices();
        watch.hear(News::Answer(None));
        assert_eq!(watch.hear(News::SignedIn("alice".into())), Some(Todo::Ask));
        assert_eq!(watch.hear(News::Answer(None)), None, "a forged message");
        assert_eq!(watch.hear(says("alice")), Some(Todo::Reload));
    }

    #[test]
    fn another_user_never_gets_this_ones_page() {
        let mut watch = alices();
        assert_eq!(watch.hear(News::SignedIn("alice".into())), None);
        assert_eq!(watch.hear(News::SignedIn("bob".into())), Some(Todo::Ask));
        assert_eq!(watch.hear(says("bob")), Some(Todo::ShowEnded(EndReason::UserChanged)));
        assert_eq!(watch.hear(says("bob")), None);
        let mut waiting = alices();
        waiting.hear(News::Answer(None));
        assert_eq!(waiting.hear(says("bob")), Some(Todo::ShowEnded(EndReason::UserChanged)));
        assert_eq!(waiting.hear(says("alice")), Some(Todo::Reload));
    }
}
