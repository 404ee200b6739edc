//! The events that a tab receives.

use crate::StreamKind;
use auth_types::{EndReason, SessionTimes};

/// An event that a tab receives. The adaptors translate browser events into this type, and decide nothing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Event {
    /// The watch starts.
    Started {
        /// Whether the tab is hidden.
        is_hidden: bool,
    },
    /// A second has passed.
    Tick {
        /// A monotonic clock that the user cannot set, milliseconds.
        uptime: i64,
        /// Whether the tab is hidden.
        is_hidden: bool,
        /// Whether a video or audio element plays in a visible tab.
        is_playing: bool,
    },

    /// The tab is hidden.
    Hidden,
    /// The tab is visible again.
    Shown,
    /// The browser is about to freeze the tab, or to put it into the back/forward cache.
    Leaving,
    /// The tab runs again after a freeze, or is back from the back/forward cache.
    Returned {
        /// Whether the tab is hidden.
        is_hidden: bool,
    },
    /// The network is back.
    Online {
        /// Whether the tab is hidden.
        is_hidden: bool,
    },

    /// The user was active in this tab.
    Acted,
    /// The user answered the idle warning and wants to stay.
    Stayed,
    /// The page has a reason to ask for the session: a request was refused, or the app wants its newest data.
    Doubted,

    /// The lock manager gave this tab the lock, or the browser has no lock manager.
    LockGranted,
    /// This tab lost the lock, usually because another tab stole the lock.
    LockLost,
    /// A message from another tab; empty if the message is too long or not text.
    FromTab(String),
    /// An event from the server's stream.
    FromServer {
        /// The event.
        event: ServerEvent,
        /// When the server sent the event, by the server's clock, milliseconds since 1970; 0 if unknown.
        sent: i64,
    },
    /// The server refused the stream, or the browser stopped reconnecting.
    StreamLost(StreamKind),
    /// The hub's frame has loaded.
    HubLoaded,
    /// A message from the hub; empty if the message is too long or not text.
    FromHub(String),

    /// The answer to [`Effect::AskSession`](crate::Effect::AskSession).
    Session(SessionAnswer),
    /// The answer to [`Effect::SendActivity`](crate::Effect::SendActivity).
    Activity(TimesAnswer),
    /// The answer to [`Effect::EndIdle`](crate::Effect::EndIdle): the server has ended the session.
    IdleEnded,
    /// The answer to [`Effect::EndIdle`](crate::Effect::EndIdle): the server refused because of newer
    /// activity, or did not answer.
    IdleRefused(TimesAnswer),
}

/// An event of `GET /auth/events`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum ServerEvent {
    /// The server is reachable. On a session's stream, the heartbeat carries the session's times.
    Heartbeat(Option<SessionTimes>),
    /// The session's data or tokens changed.
    Changed,
    /// The session ended; holds the reason if known.
    SignedOut(Option<EndReason>),
    /// Another user signed in with this browser.
    UserChanged,
    /// On a waiting stream: a user signed in to another app in this browser.
    SignedIn {
        /// Valid for one silent sign-in.
        ticket: String,
    },
}

impl ServerEvent {
    /// Returns the event's name on the stream.
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

/// The server's answer to `GET /auth/session`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum SessionAnswer {
    /// The id of the signed-in user.
    SignedIn(String),
    /// No session.
    SignedOut,
    /// The server did not answer, or the answer is unreadable.
    Missing,
}

/// The session's times in a server's answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TimesAnswer {
    /// The session is live.
    Times(SessionTimes),
    /// The session has ended.
    Ended,
    /// The server did not answer, or the answer is unreadable.
    Missing,
}
