//! The state of a session, as every layer reports it: store, request and page.

use serde::{Deserialize, Serialize};
use std::{error::Error, fmt};

/// The state of a session. `S` is a layer's view of a live session: the record in a store, the session and
/// its key in a request, the public part in a page.
///
/// A store that does not answer is no state but an error, so that trouble never looks like a sign-out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum SessionState<S> {
    /// The session is live.
    SignedIn(S),
    /// No live session. The reason is set if a session has ended.
    SignedOut(Option<EndReason>),
}

/// The session of a request or a page: both exist even while the store does not answer.
pub type CurrentSession<S> = Result<SessionState<S>, SessionUnavailable>;

/// The session store does not answer, so the visitor is neither signed in nor signed out.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionUnavailable;

impl fmt::Display for SessionUnavailable {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("session_unavailable")
    }
}

impl Error for SessionUnavailable {}

impl<S> SessionState<S> {
    /// Returns the live session, if there is one.
    #[must_use]
    pub fn session(&self) -> Option<&S> {
        match self {
            Self::SignedIn(session) => Some(session),
            Self::SignedOut(_) => None,
        }
    }

    /// Converts the view of a live session; the other state stays unchanged.
    pub fn map<T>(self, view: impl FnOnce(S) -> T) -> SessionState<T> {
        match self {
            Self::SignedIn(session) => SessionState::SignedIn(view(session)),
            Self::SignedOut(reason) => SessionState::SignedOut(reason),
        }
    }
}

/// Why a session ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EndReason {
    /// The user signed out here.
    SignedOut,
    /// The session expired or could not be renewed.
    Expired,
    /// Ended from another device, by the provider or by single logout.
    Revoked,
    /// The user was inactive for too long.
    Idle,
    /// Another user signed in.
    UserChanged,
}

impl EndReason {
    /// Returns the name used in storage, JSON and URLs.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::SignedOut => "signed_out",
            Self::Expired => "expired",
            Self::Revoked => "revoked",
            Self::Idle => "idle",
            Self::UserChanged => "user_changed",
        }
    }

    /// Parses a name from [`as_str`](Self::as_str).
    #[must_use]
    pub fn parse(name: &str) -> Option<Self> {
        [Self::SignedOut, Self::Expired, Self::Revoked, Self::Idle, Self::UserChanged]
            .into_iter()
            .find(|reason| reason.as_str() == name)
    }

    /// Returns a sentence for the user.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::SignedOut => "You signed out.",
            Self::Expired => "Your session has ended.",
            Self::Revoked => "Your session was ended from another place.",
            Self::Idle => "You were away for a while, so we signed you out.",
            Self::UserChanged => "Another user signed in.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reason_reads_back_from_its_name() {
        for reason in [
            EndReason::SignedOut,
            EndReason::Expired,
            EndReason::Revoked,
            EndReason::Idle,
            EndReason::UserChanged,
        ] {
            assert_eq!(EndReason::parse(reason.as_str()), Some(reason));
        }
        assert_eq!(EndReason::parse("<b>"), None);
    }
}
