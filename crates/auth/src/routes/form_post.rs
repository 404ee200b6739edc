//! `POST /auth/callback/{provider}`: the answer of a provider with `response_mode=form_post`, such as Apple (OAuth 2.0
//! Form Post Response Mode).
//!
//! A page of the provider posts the answer. Browsers send no `SameSite=Lax` cookie with a POST from another site, so
//! the request cannot be tied to a flow. It changes nothing: it is turned into the same callback as a GET, for which
//! the browser sends the cookies.

use super::Form;
use crate::{Auth, Refusal, provider::for_log};
use axum::{
    extract::{Path, State},
    response::{IntoResponse, Redirect, Response},
};
use http::{
    HeaderMap, Method, StatusCode,
    header::{self, ORIGIN},
    request::Parts,
};
use url::form_urlencoded;

/// The fields that are passed on. Apple also sends `user`, which is not signed, so it is dropped.
const FIELDS: [&str; 3] = ["code", "state", "error"];
/// Longest answer that is passed on in an address, bytes.
const MAX_ANSWER: usize = 4096;

/// Answers 303 to the same path with `code`, `state` and `error` in the query.
///
/// # Errors
/// 405 unless the provider answers by form post. 403 `form_post_origin` for a form of another origin than the
/// provider's. 400 for repeated fields, without a `state`, or for an answer of more than 4 KB.
pub async fn form_post(
    State(auth): State<Auth>,
    Path(provider): Path<String>,
    headers: HeaderMap,
    form: Result<Form, Response>,
) -> Result<Response, Refusal> {
    let Some(origin) = auth.provider(&provider).and_then(|provider| provider.config.form_post_origin())
    else {
        return Ok((StatusCode::METHOD_NOT_ALLOWED, [(header::ALLOW, "GET")]).into_response());
    };
    if !is_from(&headers, &origin) {
        tracing::warn!(rule = "form_post_origin", provider, "callback rejected");
        let sentence = "This answer did not come from the sign-in provider. Please sign in again.";
        return Err(Refusal::new(StatusCode::FORBIDDEN, "form_post_origin", sentence));
    }
    let form = match form {
        Ok(Form(form)) => form,
        Err(refused) => return Ok(refused),
    };
    if let Some(description) = form.get("error_description") {
        tracing::info!(provider, description = for_log(description), "provider returned an error");
    }
    let fields = FIELDS.into_iter().filter_map(|name| Some((name, form.get(name)?)));
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    if form.get("state").is_none_or(str::is_empty) || query.len() > MAX_ANSWER {
        let sentence = "The sign-in provider sent an answer that this app cannot read. Please sign in again.";
        return Err(Refusal::invalid_parameters(sentence));
    }
    Ok(Redirect::to(&format!("/auth/callback/{provider}?{query}")).into_response())
}

/// Whether a request is the form of a provider that answers by form post, so that it may come from another site.
pub(crate) fn is_form_post(auth: &Auth, request: &Parts) -> bool {
    let Some(provider) = request.uri.path().strip_prefix("/auth/callback/") else { return false };
    let origin = auth.provider(provider).and_then(|provider| provider.config.form_post_origin());
    request.method == Method::POST && origin.is_some_and(|origin| is_from(&request.headers, &origin))
}

/// Whether `Origin` is there once, and is exactly this one.
fn is_from(headers: &HeaderMap, origin: &str) -> bool {
    let mut sent = headers.get_all(ORIGIN).iter();
    sent.next().is_some_and(|sent| sent.as_bytes() == origin.as_bytes()) && sent.next().is_none()
}
