//! Every way a handoff can fail, by name.

use crate::store::StoreError;
use auth_types::SignInError;

/// Why an app did not take a handoff. The visitor sees [`code`](Self::code)'s sentence; the log has the name.
#[derive(Debug, thiserror::Error)]
pub enum HandoffError {
    /// `state` is missing, unknown, used, too old or another browser's: nobody has looked at the token.
    #[error("invalid_state")]
    InvalidState,
    /// The token was under way for too long.
    #[error("token_expired")]
    TokenExpired,
    /// Anything else that leaves the visitor to open the app again.
    #[error("handoff_failed: {0}")]
    Failed(FailureCause),
    /// The app decided against this user.
    #[error("refused")]
    Refused,
    /// The store did not answer before anything was used up: the same address works in a moment.
    #[error("store_unavailable")]
    Store(StoreError),
}

/// What a [`HandoffError::Failed`] means for whoever reads the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailureCause {
    /// Doubled parameters, too many, or a token that cannot be one.
    #[error("malformed")]
    Malformed,
    /// `AUTH_IDENTITY_ID` and `AUTH_IDENTITY_SECRET` are not set.
    #[error("not_configured")]
    NotConfigured,
    /// Identity does not answer, not in time, or not now.
    #[error("identity_unavailable")]
    IdentityUnavailable,
    /// Identity refuses the token, or us.
    #[error("identity_refused ({0})")]
    IdentityRefused(http::StatusCode),
    /// Identity's answer cannot be read.
    #[error("bad_answer")]
    BadAnswer,
    /// The session is one of a provider that this app does not sign in with.
    #[error("unknown_provider")]
    UnknownProvider,
    /// A logout overtook it.
    #[error("logged_out_meanwhile")]
    LoggedOutMeanwhile,
    /// The session could not be saved.
    #[error("not_saved")]
    NotSaved,
}

impl HandoffError {
    /// The code for `/login?error=`.
    #[must_use]
    pub fn code(&self) -> SignInError {
        match self {
            Self::InvalidState => SignInError::InvalidState,
            Self::TokenExpired => SignInError::TokenExpired,
            Self::Failed(_) => SignInError::HandoffFailed,
            Self::Refused => SignInError::Refused,
            Self::Store(_) => SignInError::StoreUnavailable,
        }
    }
}

impl From<FailureCause> for HandoffError {
    fn from(because: FailureCause) -> Self {
        Self::Failed(because)
    }
}
