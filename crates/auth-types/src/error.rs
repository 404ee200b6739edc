//! Why a sign-in did not work, as `/login?error=` names it.

/// A refused or failed sign-in. The codes are stable: they stand in URLs, logs and tests.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum SignInError {
    /// `state` is unknown, missing, expired, used before, or another browser's (RFC 9700 §4.7).
    InvalidState,
    /// `iss` is missing or not the provider that was asked (RFC 9207 §2.4).
    InvalidIssuer,
    /// The user, or the provider's policy, said no (RFC 6749 §4.1.2.1).
    AccessDenied,
    /// `prompt=none` found no session at the provider (OpenID Connect Core §3.1.2.6).
    LoginRequired,
    /// The provider refused the authorization request.
    ProviderRefused,
    /// The code, verifier or client was refused at the token endpoint (RFC 6749 §5.2).
    InvalidGrant,
    /// The ID token broke a rule of OpenID Connect Core §3.1.3.7.
    InvalidIdToken,
    /// The provider, or its answer, could not be reached or read.
    ProviderUnavailable,
    /// No such provider is configured.
    UnknownProvider,
    /// The provider ended this session before the sign-in was finished.
    SessionEnded,
    /// The session store is down.
    StoreUnavailable,
    /// The app decided against this user.
    Refused,
    /// The app was opened from identity's launcher, and that did not work (article 5).
    HandoffFailed,
    /// The same, because it took too long.
    TokenExpired,
}

impl SignInError {
    /// Every code, for tests and tables.
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

    /// The code in `/login?error=`.
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

    /// The error a code stands for. Unknown codes are nobody's: they give `None`, and the page shows
    /// a general sentence instead of repeating what the URL says.
    #[must_use]
    pub fn parse(code: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|error| error.code() == code)
    }

    /// A sentence for the person who tried to sign in.
    #[must_use]
    pub fn sentence(self) -> &'static str {
        match self {
            Self::InvalidState => {
                "This sign-in was started in another browser, took too long, or was already used. Please start again."
            }
            Self::InvalidIssuer => {
                "The answer came from a different sign-in service than the one you chose. Please start again."
            }
            Self::AccessDenied => "The sign-in was cancelled, or access was denied.",
            Self::LoginRequired => "Please sign in to continue.",
            Self::ProviderRefused => "The sign-in service refused the request.",
            Self::InvalidGrant => {
                "The sign-in code was refused, perhaps because it was used before. Please start again."
            }
            Self::InvalidIdToken => {
                "The sign-in service's answer could not be verified, so it was not accepted."
            }
            Self::ProviderUnavailable => {
                "The sign-in service is not answering. Please try again in a moment."
            }
            Self::UnknownProvider => "That way to sign in does not exist here.",
            Self::SessionEnded => "You signed out while this sign-in was under way. Please start again.",
            Self::StoreUnavailable => "Sessions cannot be saved right now. Please try again in a moment.",
            Self::Refused => "This account may not sign in here.",
            Self::HandoffFailed => {
                "This app could not be opened with the session you have elsewhere. Please open it again, or sign in here."
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
    fn an_unknown_code_is_nobodys() {
        assert_eq!(SignInError::parse("<script>"), None);
    }
}
