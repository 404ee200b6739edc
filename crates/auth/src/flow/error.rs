//! Every way a sign-in can fail, by name.

use crate::{
    jws::TokenRule,
    provider::Unavailable,
    store::{CreateError, StoreError},
};
use auth_types::SignInError;

/// Why a sign-in was refused. `Display` is the rule's name, for logs and metrics. Visitors see the sentence
/// of [`code`](Self::code) instead.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// `state` is unknown, missing, expired or used, or belongs to another browser or provider.
    #[error("invalid_state")]
    InvalidState,
    /// The provider promised `iss` and did not send it (RFC 9207 §2.4).
    #[error("issuer_missing")]
    IssuerMissing,
    /// `iss` names another provider: a mix-up (RFC 9207 §2.4, RFC 9700 §4.4).
    #[error("issuer_mismatch")]
    IssuerMismatch,
    /// The callback has both a code and an error, or neither.
    #[error("malformed_callback")]
    MalformedCallback,
    /// `error=access_denied`.
    #[error("access_denied")]
    AccessDenied,
    /// `error=login_required` or a related error: `prompt=none` needed user interaction.
    #[error("login_required")]
    LoginRequired,
    /// Any other `error` (RFC 6749 §4.1.2.1).
    #[error("provider_refused")]
    ProviderRefused,
    /// The token endpoint refused the code, the verifier or the refresh token.
    #[error("invalid_grant")]
    InvalidGrant,
    /// The token endpoint refused the app: the client id, the secret or the request is wrong.
    #[error("client_refused")]
    ClientRefused,
    /// A refresh returned a correctly signed ID token of another user or issuer (OpenID Connect Core §12.2).
    #[error("another_user")]
    AnotherUser,
    /// The token endpoint's answer cannot be read.
    #[error("bad_token_answer")]
    BadTokenAnswer,
    /// The ID token broke a rule.
    #[error("id_token_{0}")]
    IdToken(#[from] TokenRule),
    /// The provider does not answer.
    #[error(transparent)]
    Unavailable(#[from] Unavailable),
    /// There is no such provider.
    #[error("unknown_provider")]
    UnknownProvider,
    /// The provider sent no session id, and identity could not name the browser. A sign-out elsewhere in this
    /// browser could not end the new session.
    #[error("no_way_to_sign_out")]
    NoWayToSignOut,
    /// The app's `sign_in` callback refused the user.
    #[error("refused")]
    Refused,
    /// A logout took place while this sign-in was under way.
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
