//! The error of a server function call, shared by the server's guard, the functions and the browser.

use leptos::server_fn::{
    codec::JsonEncoding,
    error::{FromServerFnError, ServerFnErrorErr},
};
use serde::{Deserialize, Serialize};

/// The error type for server functions that need a session: `{"error": "signed_out"}`.
///
/// The guard before the server functions answers with the same JSON, so the browser reads one error type.
///
/// ```
/// use auth_leptos::CallError;
/// use leptos::server_fn::error::FromServerFnError;
///
/// let from_the_guard = r#"{"error":"signed_out","message":"Please sign in first."}"#;
/// assert_eq!(CallError::de(from_the_guard.into()), CallError::SignedOut);
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "error", rename_all = "snake_case")]
pub enum CallError {
    /// The session is missing or has ended: 401.
    SignedOut,
    /// The session store does not answer: 503. The caller can retry.
    SessionUnavailable,
    /// The user may not do this: 403.
    Forbidden,
    /// The arguments are unreadable: 400, or without JavaScript 303 back to the form.
    Invalid {
        /// The argument, and why it is unreadable.
        message: String,
    },
    /// Any other failure, described for the log.
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
                let error = Self::Invalid { message: error.to_string() };
                #[cfg(feature = "ssr")]
                let error = crate::refuse(error);
                error
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
        for error in [CallError::SignedOut, CallError::SessionUnavailable, CallError::Forbidden] {
            assert_eq!(CallError::de(error.ser()), error);
        }
        for other in [r#"{"error":"cross_site_origin"}"#, "<h1>Bad gateway</h1>", ""] {
            assert!(matches!(CallError::de(other.into()), CallError::Failed { .. }), "{other}");
        }
    }
}
