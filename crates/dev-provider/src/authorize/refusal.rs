//! Refusals of the authorization endpoint: a page at the provider, or a redirect to the app with an error.

use crate::pages;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a request is refused with a page and never with a redirect: its address is not trusted (RFC 6749
/// §4.1.2.1), or the metadata exclude its `prompt`.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageRefusal {
    #[error("No app is registered here under this client_id.")]
    UnknownClient,
    #[error("The request contains client_id or redirect_uri twice.")]
    DuplicateTarget,
    #[error("The redirect URI is missing. We expected {expected}")]
    MissingRedirectUri { expected: String },
    /// Worded as in article 1, where Auth0 shows this error.
    #[error("The redirect URI is wrong. You sent {sent}, and we expected {expected}")]
    WrongRedirectUri { sent: String, expected: String },
    #[error("This provider does not support prompt=none.")]
    UnsupportedPromptNone,
}

impl PageRefusal {
    fn rule(&self) -> &'static str {
        match self {
            Self::UnknownClient => "UnknownClient",
            Self::DuplicateTarget => "DuplicateTarget",
            Self::MissingRedirectUri { .. } => "MissingRedirectUri",
            Self::WrongRedirectUri { .. } => "WrongRedirectUri",
            Self::UnsupportedPromptNone => "UnsupportedPromptNone",
        }
    }

    fn code(&self) -> &'static str {
        match self {
            Self::DuplicateTarget | Self::UnsupportedPromptNone => "invalid_request",
            Self::UnknownClient | Self::MissingRedirectUri { .. } | Self::WrongRedirectUri { .. } => {
                "unauthorized_client"
            }
        }
    }
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        // Debug escapes the text of the request, so that it cannot forge a log line.
        tracing::warn!(rule = self.rule(), said = ?self.to_string(), "authorization refused");
        pages::refusal(StatusCode::BAD_REQUEST, self.code(), &self.to_string())
    }
}

/// Why a request is refused with a redirect to its redirect URI.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a parameter was sent twice")]
    DuplicateParameter,
    #[error("only response_type=code is supported")]
    UnsupportedResponseType,
    #[error("this response_mode is not supported")]
    UnsupportedResponseMode,
    #[error("response_mode must be form_post for scope name or email")]
    FormPostRequired,
    #[error("request objects are not supported")]
    RequestObject,
    #[error("request_uri is not supported")]
    RequestUri,
    #[error("the scope must include openid")]
    MissingOpenid,
    #[error("code_challenge is missing: PKCE is required")]
    MissingChallenge,
    #[error("code_challenge_method must be S256")]
    PlainChallenge,
    #[error("code_challenge is not a SHA-256 in base64url")]
    MalformedChallenge,
    #[error("prompt has an unknown value, or combines none with another value")]
    UnsupportedPrompt,
    #[error("max_age must be a number of seconds")]
    MalformedMaxAge,
    #[error("the user is not signed in")]
    LoginRequired,
    #[error("the user cancelled the sign-in")]
    Cancelled,
}

impl Refusal {
    /// The `error` parameter.
    pub(crate) fn code(self) -> &'static str {
        match self {
            Self::UnsupportedResponseType => "unsupported_response_type",
            Self::RequestObject => "request_not_supported",
            Self::RequestUri => "request_uri_not_supported",
            Self::MissingOpenid => "invalid_scope",
            Self::LoginRequired => "login_required",
            Self::Cancelled => "access_denied",
            Self::DuplicateParameter
            | Self::UnsupportedResponseMode
            | Self::FormPostRequired
            | Self::MissingChallenge
            | Self::PlainChallenge
            | Self::MalformedChallenge
            | Self::UnsupportedPrompt
            | Self::MalformedMaxAge => "invalid_request",
        }
    }
}
