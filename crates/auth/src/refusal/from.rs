//! The refusal for each error type.

use super::Refusal;
use crate::{
    events::TooManyStreams, limit::QuotaExceeded, message::MessageError, origin::ParamsError,
    session::UpdateError, store::StoreError,
};
use auth_types::SessionUnavailable;
use http::{HeaderValue, StatusCode, header};

impl From<SessionUnavailable> for Refusal {
    fn from(_: SessionUnavailable) -> Self {
        Self::session_unavailable()
    }
}

impl From<StoreError> for Refusal {
    fn from(error: StoreError) -> Self {
        Self::session_unavailable().because(&error)
    }
}

impl From<ParamsError> for Refusal {
    fn from(error: ParamsError) -> Self {
        Self::invalid_parameters(error.to_string())
    }
}

impl From<QuotaExceeded> for Refusal {
    /// 429 with `Retry-After` (RFC 6585 §4).
    fn from(error: QuotaExceeded) -> Self {
        let sentence = "Too many requests. Please wait a moment and try again.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string(), sentence).retry_after(error.retry_after)
    }
}

impl From<TooManyStreams> for Refusal {
    fn from(error: TooManyStreams) -> Self {
        let sentence = "Too many tabs of this app are open. Please close some of them.";
        Self::new(StatusCode::TOO_MANY_REQUESTS, error.to_string(), sentence)
    }
}

impl From<MessageError> for Refusal {
    fn from(error: MessageError) -> Self {
        let status = match &error {
            MessageError::Rule { .. } => {
                tracing::warn!(rule = %error, "signed message rejected");
                StatusCode::BAD_REQUEST
            }
            MessageError::Keys(_) | MessageError::Store(_) => StatusCode::SERVICE_UNAVAILABLE,
        };
        let name =
            if status == StatusCode::BAD_REQUEST { "invalid_request" } else { "temporarily_unavailable" };
        let refusal = Self::new(status, name, error.to_string()).as_oauth();
        // Back-Channel Logout 1.0 §2.8.
        refusal.with_header(header::CACHE_CONTROL, HeaderValue::from_static("no-store")).because(&error)
    }
}

impl From<UpdateError> for Refusal {
    fn from(error: UpdateError) -> Self {
        let refusal = match error {
            UpdateError::Invalid(invalid) => {
                Self::new(StatusCode::UNPROCESSABLE_ENTITY, "invalid_user_data", invalid.to_string())
            }
            UpdateError::TooLarge => {
                let sentence = "This is more data than a session can hold. Please shorten it.";
                Self::new(StatusCode::PAYLOAD_TOO_LARGE, "user_data_too_large", sentence)
            }
            UpdateError::SignedOut => Self::signed_out(),
            UpdateError::Unavailable(error) => error.into(),
        };
        refusal.as_json()
    }
}
