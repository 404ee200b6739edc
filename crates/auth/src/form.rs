//! The extractor for form fields.

use crate::{Refusal, origin::UniqueParams};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

/// A form's fields, each at most once. Answers 415 to another content type, and 400 to a repeated field.
pub struct Form(pub UniqueParams);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let is_form = match request.headers().get(header::CONTENT_TYPE) {
            Some(value) => value.to_str().is_ok_and(|value| {
                // Media types are case-insensitive (RFC 9110 §8.3.1).
                let media_type = value.split(';').next().unwrap_or_default().trim();
                media_type.eq_ignore_ascii_case("application/x-www-form-urlencoded")
            }),
            // A POST without a body is a form without fields.
            None => true,
        };
        if !is_form {
            let sentence = "This address accepts form data only.";
            let refusal = Refusal::new(StatusCode::UNSUPPORTED_MEDIA_TYPE, "form_expected", sentence);
            return Err(refusal.into_response());
        }
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        UniqueParams::parse(&body).map(Self).map_err(|error| Refusal::from(error).into_response())
    }
}
