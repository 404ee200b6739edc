//! Why a handoff failed.

use crate::store::StoreError;
use auth_types::SignInError;

/// Why an app refused a handoff. The visitor sees the sentence of [`code`](Self::code); the log has the name
/// of the error.
#[derive(Debug, thiserror::Error)]
pub enum HandoffError {
    /// `state` is missing, unknown, used, too old, or belongs to another browser. The token is not used up.
    #[error("invalid_state")]
    InvalidState,
    /// The token has expired, or the visitor took too long to answer.
    #[error("token_expired")]
    TokenExpired,
    /// All other errors. The visitor must open the app again.
    #[error("handoff_failed: {0}")]
    Failed(FailureCause),
    /// The app's `sign_in` callback refused the user.
    #[error("refused")]
    Refused,
    /// The store did not answer, and nothing was used up. The visitor can open the same address again.
    #[error("store_unavailable")]
    Store(StoreError),
}

/// The cause of a [`HandoffError::Failed`], for the log.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FailureCause {
    /// Repeated parameters, too many parameters, or a malformed token.
    #[error("malformed")]
    Malformed,
    /// `AUTH_IDENTITY_ID` and `AUTH_IDENTITY_SECRET` are not set.
    #[error("not_configured")]
    NotConfigured,
    /// Identity does not answer, answers too late, or answers 429 or 503.
    #[error("identity_unavailable")]
    IdentityUnavailable,
    /// Identity refuses the token, or this app's credentials.
    #[error("identity_refused ({0})")]
    IdentityRefused(http::StatusCode),
    /// Identity's answer cannot be read.
    #[error("bad_answer")]
    BadAnswer,
    /// This app is not configured with the session's provider.
    #[error("unknown_provider")]
    UnknownProvider,
    /// A logout took place before the session began.
    #[error("logged_out_meanwhile")]
    LoggedOutMeanwhile,
    /// The session could not be saved.
    #[error("not_saved")]
    NotSaved,
}

impl HandoffError {
    /// Returns the code for `/login?error=`.
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
