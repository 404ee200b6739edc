//! Refusals of the token endpoint.

use super::assertion::AssertionRefusal;
use crate::error::Failure;
use axum::Json;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use serde_json::json;

/// Why a token request is refused (RFC 6749 §5.2). Also the refusals of `/revoke`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum TokenRefusal {
    #[error("the client is unknown, or its credentials are wrong")]
    InvalidClient,
    #[error(transparent)]
    InvalidAssertion(#[from] AssertionRefusal),
    #[error("the request contains more than one kind of credentials")]
    TwoCredentials,
    #[error("the body must be application/x-www-form-urlencoded")]
    NotAForm,
    #[error("a parameter was sent twice")]
    DuplicateParameter,
    #[error("a required parameter is missing")]
    MissingParameter,
    #[error("grant_type must be authorization_code or refresh_token")]
    UnsupportedGrantType,
    #[error("the code is unknown, expired, or issued to another client")]
    UnknownCode,
    #[error("the code was used before; the tokens of its first use are revoked")]
    ReplayedCode,
    #[error("redirect_uri differs from the authorization request")]
    WrongRedirectUri,
    #[error("code_verifier does not match the code_challenge")]
    WrongVerifier,
    #[error("the session has ended")]
    SessionEnded,
    #[error("the refresh token is unknown, expired, revoked, or issued to another client")]
    UnknownRefreshToken,
    #[error("the refresh token was used before; its whole family is revoked")]
    ReusedRefreshToken,
    #[error("the refresh token is refused")]
    RefusedByFault,
    #[error("the session was lost")]
    LostByFault,
    #[error("the scope exceeds the granted scope")]
    WiderScope,
    #[error("the token belongs to another client")]
    ForeignToken,
}

impl TokenRefusal {
    pub(super) fn code(self) -> &'static str {
        match self {
            Self::InvalidClient | Self::InvalidAssertion(_) => "invalid_client",
            Self::UnsupportedGrantType => "unsupported_grant_type",
            Self::WiderScope => "invalid_scope",
            Self::ForeignToken => "unauthorized_client",
            Self::TwoCredentials | Self::NotAForm | Self::DuplicateParameter | Self::MissingParameter => {
                "invalid_request"
            }
            Self::UnknownCode
            | Self::ReplayedCode
            | Self::WrongRedirectUri
            | Self::WrongVerifier
            | Self::SessionEnded
            | Self::UnknownRefreshToken
            | Self::ReusedRefreshToken
            | Self::RefusedByFault
            | Self::LostByFault => "invalid_grant",
        }
    }
}

impl IntoResponse for TokenRefusal {
    fn into_response(self) -> Response {
        tracing::warn!(rule = ?self, error = self.code(), "token request refused");
        let body = Json(json!({ "error": self.code(), "error_description": self.to_string() }));
        if self.code() == "invalid_client" {
            let challenge = [(header::WWW_AUTHENTICATE, "Basic realm=\"token\", charset=\"UTF-8\"")];
            return (StatusCode::UNAUTHORIZED, challenge, body).into_response();
        }
        (StatusCode::BAD_REQUEST, body).into_response()
    }
}

/// A refusal of the request, or a failure of the provider.
pub(super) enum TokenError {
    Refused(TokenRefusal),
    Failed(Failure),
}

impl From<TokenRefusal> for TokenError {
    fn from(refusal: TokenRefusal) -> Self {
        Self::Refused(refusal)
    }
}

impl From<crate::Error> for TokenError {
    fn from(error: crate::Error) -> Self {
        Self::Failed(error.into())
    }
}
