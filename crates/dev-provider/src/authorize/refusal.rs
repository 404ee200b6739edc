//! How an authorization request is refused: here on a page, or by an answer to the app.

use crate::pages;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why a request is answered here, with a page, and never by a redirect: nobody vouches for the address
/// (RFC 6749 §4.1.2.1).
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum PageRefusal {
    #[error("No app is registered here under the client_id it sent.")]
    UnknownClient,
    #[error("The request names its client_id or redirect_uri twice.")]
    DuplicateTarget,
    #[error("The redirect URI is missing. We expected {expected}")]
    MissingRedirectUri { expected: String },
    /// The words of article 1, whose app meets this at Auth0.
    #[error("The redirect URI is wrong. You sent {sent}, and we expected {expected}")]
    WrongRedirectUri { sent: String, expected: String },
}

impl PageRefusal {
    fn rule(&self) -> &'static str {
        match self {
            Self::UnknownClient => "UnknownClient",
            Self::DuplicateTarget => "DuplicateTarget",
            Self::MissingRedirectUri { .. } => "MissingRedirectUri",
            Self::WrongRedirectUri { .. } => "WrongRedirectUri",
        }
    }
}

impl IntoResponse for PageRefusal {
    fn into_response(self) -> Response {
        // Debug, so that what the request sent cannot forge a line of the log.
        tracing::warn!(rule = self.rule(), said = ?self.to_string(), "authorization refused");
        let code = if self == Self::DuplicateTarget { "invalid_request" } else { "unauthorized_client" };
        pages::refusal(StatusCode::BAD_REQUEST, code, &self.to_string())
    }
}

/// Why a request is sent back to its redirect URI with an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum Refusal {
    #[error("a parameter was sent twice")]
    DuplicateParameter,
    #[error("only response_type=code is supported")]
    UnsupportedResponseType,
    #[error("only response_mode=query is supported")]
    UnsupportedResponseMode,
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
    #[error("prompt is unknown, or none is combined with another")]
    UnsupportedPrompt,
    #[error("max_age must be a number of seconds")]
    MalformedMaxAge,
    #[error("the user is not signed in")]
    LoginRequired,
    #[error("the user said no")]
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
            | Self::MissingChallenge
            | Self::PlainChallenge
            | Self::MalformedChallenge
            | Self::UnsupportedPrompt
            | Self::MalformedMaxAge => "invalid_request",
        }
    }
}
