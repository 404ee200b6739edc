//! The fields of a form.

use crate::{error_page, origin::UniqueParams};
use axum::{
    body::Bytes,
    extract::{FromRequest, Request},
    response::{IntoResponse, Response},
};
use http::{StatusCode, header};

/// A form's fields, each at most once; 415 for another content type, 400 for a doubled field.
pub struct Form(pub UniqueParams);

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Response;

    async fn from_request(request: Request, state: &S) -> Result<Self, Response> {
        let headers = request.headers().clone();
        let is_form =
            headers.get(header::CONTENT_TYPE).and_then(|value| value.to_str().ok()).is_some_and(|value| {
                value.split(';').next().unwrap_or_default().trim() == "application/x-www-form-urlencoded"
            });
        // A post without any body is a form without fields.
        let is_empty = headers.get(header::CONTENT_TYPE).is_none();
        if !is_form && !is_empty {
            return Err(error_page::refuse(
                &headers,
                StatusCode::UNSUPPORTED_MEDIA_TYPE,
                "form_expected",
                "This address takes a form.",
            ));
        }
        let body = Bytes::from_request(request, state).await.map_err(IntoResponse::into_response)?;
        UniqueParams::parse(&body).map(Self).map_err(|error| {
            error_page::refuse(&headers, StatusCode::BAD_REQUEST, "invalid_parameters", &error.to_string())
        })
    }
}
