//! What a tab hears.

use crate::StreamKind;
use auth_types::{EndReason, SessionTimes};

/// What a tab hears. The adaptors make these from what the browser tells them, and decide nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The watch begins.
    Started {
        /// Whether the tab is hidden.
        is_hidden: bool,
    },
    /// A second has passed.
    Tick {
        /// A clock that the user cannot set, milliseconds.
        uptime: i64,
        /// Whether the tab is hidden.
        is_hidden: bool,
        /// Whether a video or a sound plays in a visible tab.
        is_playing: bool,
    },

    /// The tab is hidden.
    Hidden,
    /// The tab is visible again.
    Shown,
    /// The browser is about to freeze the tab, or to put it into the back/forward cache.
    Leaving,
    /// The tab runs again.
    Returned {
        /// Whether the tab is hidden.
        is_hidden: bool,
    },
    /// The network is back.
    Online {
        /// Whether the tab is hidden.
        is_hidden: bool,
    },

    /// The user did something in this tab.
    Acted,
    /// The user answered the idle warning and wants to stay.
    Stayed,

    /// The lock manager gave this tab the lock, or has none.
    LockGranted,
    /// Another tab stole the lock, or the request failed.
    LockLost,
    /// A message of another tab; empty when it is no text, or too long.
    FromTab(String),
    /// An event of the server's stream.
    FromServer {
        /// The event.
        event: ServerEvent,
        /// When the server sent it, by the server's clock; 0 when the event does not say.
        sent: i64,
    },
    /// The server refused the stream, or the browser gave it up.
    StreamLost(StreamKind),
    /// The hub's frame has loaded.
    HubLoaded,
    /// A message of the hub; empty when it is no text, or too long.
    FromHub(String),

    /// The answer to [`Effect::AskSession`](crate::Effect::AskSession).
    Session(SessionAnswer),
    /// The answer to [`Effect::SendActivity`](crate::Effect::SendActivity).
    Activity(TimesAnswer),
    /// The answer to [`Effect::EndIdle`](crate::Effect::EndIdle): the server has ended the session.
    IdleEnded,
    /// The answer to [`Effect::EndIdle`](crate::Effect::EndIdle): the server refused, because it knows of newer
    /// activity, or did not answer.
    IdleRefused(TimesAnswer),
}

/// An event of `GET /auth/events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The server is there. For a session the heartbeat carries the session's times.
    Heartbeat(Option<SessionTimes>),
    /// The session's data or tokens changed.
    Changed,
    /// The session ended; the reason, if it is a known one.
    SignedOut(Option<EndReason>),
    /// Another user signed in in this browser.
    UserChanged,
    /// While waiting: a user signed in to another app in this browser.
    SignedIn {
        /// Good for one silent sign-in.
        ticket: String,
    },
}

impl ServerEvent {
    /// Its name on the stream.
    #[must_use]
    pub fn name(&self) -> &'static str {
        match self {
            Self::Heartbeat(_) => "heartbeat",
            Self::Changed => "changed",
            Self::SignedOut(_) => "signed_out",
            Self::UserChanged => "user_changed",
            Self::SignedIn { .. } => "signed_in",
        }
    }
}

/// Who is signed in, as `GET /auth/session` says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionAnswer {
    /// The id of the signed-in user.
    SignedIn(String),
    /// No session.
    SignedOut,
    /// The server did not answer, or not in words that can be read.
    Missing,
}

/// The session's times, as an answer of the server says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimesAnswer {
    /// The session lives.
    Times(SessionTimes),
    /// The session has ended.
    Ended,
    /// The server did not answer, or not in words that can be read.
    Missing,
}
