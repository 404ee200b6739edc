//! What the session check found.

use super::{Session, SessionKey, shown};
use auth_types::{EndReason, SessionState};

/// What the session check found; in the extensions of every request that reaches a handler.
#[derive(Clone, Debug)]
pub enum CurrentSession {
    /// A live session.
    SignedIn(Session),
    /// None, or one that has ended.
    SignedOut(Option<EndReason>),
    /// The store did not answer.
    Unavailable,
}

impl CurrentSession {
    /// The live session's key.
    pub(crate) fn key(&self) -> Option<SessionKey> {
        match self {
            Self::SignedIn(session) => Some(session.key),
            Self::SignedOut(_) | Self::Unavailable => None,
        }
    }

    /// The same, as pages see it.
    #[must_use]
    pub fn state(&self) -> SessionState {
        match self {
            Self::SignedIn(session) => {
                SessionState::SignedIn { session: session.public(), facts: shown::facts(&session.record) }
            }
            Self::SignedOut(reason) => SessionState::SignedOut(*reason),
            Self::Unavailable => SessionState::Unavailable,
        }
    }
}
