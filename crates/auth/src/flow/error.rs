//! Every way a sign-in can fail, by name.

use crate::{
    provider::{IdTokenError, Unavailable},
    store::{CreateError, StoreError},
};
use auth_types::SignInError;

/// Why a sign-in was refused. `Display` is the rule's name, as logs and metrics carry it; the visitor
/// sees [`code`](Self::code)'s sentence.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// `state` unknown, missing, expired, used, another browser's or another provider's.
    #[error("invalid_state")]
    InvalidState,
    /// `iss` was promised and is missing (RFC 9207 §2.4).
    #[error("issuer_missing")]
    IssuerMissing,
    /// `iss` names another provider: a mix-up (RFC 9207 §2.4, RFC 9700 §4.4).
    #[error("issuer_mismatch")]
    IssuerMismatch,
    /// Neither a code nor an error came back, or both.
    #[error("malformed_callback")]
    MalformedCallback,
    /// `error=access_denied`.
    #[error("access_denied")]
    AccessDenied,
    /// `error=login_required` or one of its relatives: `prompt=none` needed a person.
    #[error("login_required")]
    LoginRequired,
    /// Any other `error` (RFC 6749 §4.1.2.1).
    #[error("provider_refused")]
    ProviderRefused,
    /// The token endpoint refused code or verifier.
    #[error("invalid_grant")]
    InvalidGrant,
    /// The token endpoint refused us: client id or secret are wrong, or the request is.
    #[error("client_refused")]
    ClientRefused,
    /// A refresh brought a correctly signed ID token about another user, or of another issuer (OpenID Connect Core
    /// §12.2).
    #[error("another_user")]
    AnotherUser,
    /// The token endpoint's answer cannot be read.
    #[error("bad_token_answer")]
    BadTokenAnswer,
    /// The ID token broke a rule.
    #[error(transparent)]
    IdToken(#[from] IdTokenError),
    /// The provider does not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// No such provider.
    #[error("unknown_provider")]
    UnknownProvider,
    /// The provider names no session, and identity could not name the browser: a sign-out elsewhere in this browser
    /// would not reach what came of it.
    #[error("no_way_to_sign_out")]
    NoWayToSignOut,
    /// The app decided against this user.
    #[error("refused")]
    Refused,
    /// A logout overtook this sign-in.
    #[error("logged_out_meanwhile")]
    LoggedOutMeanwhile,
    /// The store failed.
    #[error("store_unavailable")]
    Store(StoreError),
}

impl FlowError {
    /// The code for `/login?error=`.
    #[must_use]
    pub fn code(&self) -> SignInError {
        match self {
            Self::InvalidState => SignInError::InvalidState,
            Self::IssuerMissing | Self::IssuerMismatch => SignInError::InvalidIssuer,
            Self::AccessDenied => SignInError::AccessDenied,
            Self::LoginRequired => SignInError::LoginRequired,
            Self::ProviderRefused | Self::ClientRefused | Self::MalformedCallback => {
                SignInError::ProviderRefused
            }
            Self::InvalidGrant => SignInError::InvalidGrant,
            Self::IdToken(_) | Self::AnotherUser => SignInError::InvalidIdToken,
            Self::BadTokenAnswer | Self::Unavailable(_) | Self::NoWayToSignOut => {
                SignInError::ProviderUnavailable
            }
            Self::UnknownProvider => SignInError::UnknownProvider,
            Self::Refused => SignInError::Refused,
            Self::LoggedOutMeanwhile => SignInError::SessionEnded,
            Self::Store(_) => SignInError::StoreUnavailable,
        }
    }
}

impl From<StoreError> for FlowError {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

impl From<CreateError> for FlowError {
    fn from(error: CreateError) -> Self {
        match error {
            CreateError::LoggedOutMeanwhile => Self::LoggedOutMeanwhile,
            CreateError::Collision => Self::Store(StoreError(error.to_string())),
            CreateError::Store(error) => Self::Store(error),
        }
    }
}
