//! Why a call of a server function failed, in a form that the server's guard, the function and the
//! browser share.

use crate::refuse;
use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// The error type for server functions that need a session: `{"error": "signed_out"}`.
///
/// It is the JSON that the guard in front of them answers with, too, so that the caller in the browser
/// reads one error, whoever refused.
///
/// ```
/// use auth_ui::CallError;
/// use leptos::server_fn::error::FromServerFnError;
///
/// let from_the_guard = r#"{"error":"signed_out","message":"Please sign in first."}"#;
/// assert_eq!(CallError::de(from_the_guard.into()), CallError::SignedOut);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum CallError {
    /// No session, or one that has ended: 401.
    SignedOut,
    /// The session store does not answer: 503, and it helps to try again.
    SessionUnavailable,
    /// The arguments cannot be read: 400, or 303 back to the form without JavaScript.
    Invalid {
        /// Which argument, and why.
        message: String,
    },
    /// Anything else, in words for the log.
    Failed {
        /// What went wrong.
        message: String,
    },
}

impl FromServerFnError for CallError {
    type Encoder = JsonEncoding;

    fn from_server_fn_error(error: ServerFnErrorErr) -> Self {
        match error {
            ServerFnErrorErr::Args(_) | ServerFnErrorErr::MissingArg(_) => {
                refuse(Self::Invalid { message: error.to_string() })
            }
            _ => Self::Failed { message: error.to_string() },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_error_reads_back_and_another_answer_is_a_failure() {
        for error in [CallError::SignedOut, CallError::SessionUnavailable] {
            assert_eq!(CallError::de(error.ser()), error);
        }
        for other in [r#"{"error":"cross_site_origin"}"#, "<h1>Bad gateway</h1>", ""] {
            assert!(matches!(CallError::de(other.into()), CallError::Failed { .. }), "{other}");
        }
    }
}
