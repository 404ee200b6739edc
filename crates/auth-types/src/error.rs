//! The reasons why a sign-in failed, as `/login?error=` names them.

/// A refused or failed sign-in. The codes are stable: URLs, logs and tests use them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInError {
    /// `state` is missing, unknown, expired, already used, or from another browser (RFC 9700 §4.7).
    InvalidState,
    /// `iss` is missing or does not name the expected provider (RFC 9207 §2.4).
    InvalidIssuer,
    /// The user or the provider's policy denied access (RFC 6749 §4.1.2.1).
    AccessDenied,
    /// `prompt=none` found no session at the provider (OpenID Connect Core §3.1.2.6).
    LoginRequired,
    /// The provider refused the authorization request.
    ProviderRefused,
    /// The token endpoint refused the code, the verifier or the client (RFC 6749 §5.2).
    InvalidGrant,
    /// The ID token violates a rule of OpenID Connect Core §3.1.3.7.
    InvalidIdToken,
    /// The provider is unreachable, or its answer is unreadable.
    ProviderUnavailable,
    /// No such provider is configured.
    UnknownProvider,
    /// The provider ended this session before the sign-in finished.
    SessionEnded,
    /// The session store is unavailable.
    StoreUnavailable,
    /// The app refused this user.
    Refused,
    /// Opening the app from identity's launcher failed (article 5).
    HandoffFailed,
    /// Opening the app from identity's launcher took too long.
    TokenExpired,
}

impl SignInError {
    /// Every error, for tests and tables.
    pub const ALL: [Self; 14] = [
        Self::InvalidState,
        Self::InvalidIssuer,
        Self::AccessDenied,
        Self::LoginRequired,
        Self::ProviderRefused,
        Self::InvalidGrant,
        Self::InvalidIdToken,
        Self::ProviderUnavailable,
        Self::UnknownProvider,
        Self::SessionEnded,
        Self::StoreUnavailable,
        Self::Refused,
        Self::HandoffFailed,
        Self::TokenExpired,
    ];

    /// Returns the code for `/login?error=`.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::InvalidState => "invalid_state",
            Self::InvalidIssuer => "invalid_issuer",
            Self::AccessDenied => "access_denied",
            Self::LoginRequired => "login_required",
            Self::ProviderRefused => "provider_refused",
            Self::InvalidGrant => "invalid_grant",
            Self::InvalidIdToken => "invalid_id_token",
            Self::ProviderUnavailable => "provider_unavailable",
            Self::UnknownProvider => "unknown_provider",
            Self::SessionEnded => "session_ended",
            Self::StoreUnavailable => "store_unavailable",
            Self::Refused => "refused",
            Self::HandoffFailed => "handoff_failed",
            Self::TokenExpired => "token_expired",
        }
    }

    /// Returns the error with this code. For an unknown code, returns `None`: the page then shows a general
    /// sentence and does not repeat the code.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.code() == code)
    }

    /// Returns a sentence for the user who tried to sign in.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InvalidState => {
                "This sign-in was started in another browser, took too long, or was already used. Please start again."
            }
            Self::InvalidIssuer => {
                "The answer came from a different sign-in service than the one you chose. Please start again."
            }
            Self::AccessDenied => "The sign-in was cancelled, or access was denied. You can try again.",
            Self::LoginRequired => "Please sign in to continue.",
            Self::ProviderRefused => "The sign-in service refused the request. Please try again.",
            Self::InvalidGrant => {
                "The sign-in code was refused, perhaps because it was used before. Please start again."
            }
            Self::InvalidIdToken => "The sign-in service's answer could not be verified. Please start again.",
            Self::ProviderUnavailable => {
                "The sign-in service is not answering. Please try again in a moment."
            }
            Self::UnknownProvider => "This sign-in service is not available here. Please choose another.",
            Self::SessionEnded => "You signed out while this sign-in was under way. Please start again.",
            Self::StoreUnavailable => "Sessions cannot be saved right now. Please try again in a moment.",
            Self::Refused => "This account may not sign in here.",
            Self::HandoffFailed => {
                "This app could not be opened with your existing session. Please open it again, or sign in here."
            }
            Self::TokenExpired => "Opening this app took too long. Please open it again, or sign in here.",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn every_code_is_unique_and_reads_back() {
        let codes: HashSet<_> = SignInError::ALL.iter().map(|error| error.code()).collect();
        assert_eq!(codes.len(), SignInError::ALL.len());
        for error in SignInError::ALL {
            assert_eq!(SignInError::parse(error.code()), Some(error));
        }
    }

    #[test]
    fn an_unknown_code_parses_to_none() {
        assert_eq!(SignInError::parse("<script>"), None);
    }
}
