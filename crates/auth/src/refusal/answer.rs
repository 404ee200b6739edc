//! The body of a refusal, by what the client wanted, and its line in the log.

use super::{Body, Inner, Refusal};
use crate::{
    Auth,
    error_page::{self, ErrorPage},
    origin::ReturnPath,
};
use axum::{
    body::HttpBody,
    response::{IntoResponse, Response},
};
use http::{Method, StatusCode, Uri, header};

/// The name of the refusal that an answer contains: the first of its cause and its name that `known` knows. The outer
/// `None` is an answer without a refusal.
pub(crate) fn named(
    response: &Response,
    known: fn(&str) -> Option<&'static str>,
) -> Option<Option<&'static str>> {
    let Inner { name, cause, .. } = &*response.extensions().get::<Refusal>()?.0;
    // The cause names the broken rule of a signed message.
    Some(cause.as_deref().and_then(known).or_else(|| known(name)))
}

/// Logs the answer to a request; a server error with its cause.
pub(crate) fn log(response: &Response, method: &Method, path: &str) {
    let refusal = response.extensions().get::<Refusal>().map(|refusal| &*refusal.0);
    let name = refusal.map(|refusal| &*refusal.name);
    let cause = refusal.and_then(|refusal| refusal.cause.as_deref());
    let status = response.status().as_u16();
    if response.status().is_server_error() {
        tracing::error!(%method, path, status, name, cause, "request failed");
    } else {
        tracing::debug!(status, name, cause, "request answered");
    }
}

/// What the request wanted, as far as the body of a refusal depends on it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    /// Whether a browser asked for a page.
    pub(crate) html: bool,
    pub(crate) method: &'a Method,
    pub(crate) uri: &'a Uri,
}

/// Gives a refusal the body that fits the client. An error without a body gets a body too, such as the
/// router's 404 and 405 and a missing file, because browsers would otherwise show their built-in error page.
/// Headers such as `Allow` stay.
pub(crate) fn negotiate(mut response: Response, wanted: Wanted<'_>, auth: &Auth) -> Response {
    let status = response.status();
    let is_error = status.is_client_error() || status.is_server_error();
    let is_empty = response.body().size_hint().exact() == Some(0);
    let refusal = match response.extensions_mut().remove::<Refusal>() {
        Some(refusal) if wanted.html && refusal.0.body == Body::Negotiated => refusal,
        None if is_error && is_empty => {
            let refusal = bare(status, wanted, auth);
            for (name, value) in &refusal.0.headers {
                response.headers_mut().entry(name).or_insert(value.clone());
            }
            refusal
        }
        _ => return response,
    };
    let filled = if wanted.html {
        let retry_after = response.headers().get(header::RETRY_AFTER);
        let Inner { status, name, sentence, link, .. } = &*refusal.0;
        let page = ErrorPage {
            status: *status,
            name,
            sentence,
            link: link.as_ref(),
            retry_after: retry_after.and_then(|seconds| seconds.to_str().ok()?.parse().ok()),
            again: error_page::repeatable(wanted.method, wanted.uri),
        };
        (*status, page.render(auth)).into_response()
    } else {
        refusal.json()
    };
    let (mut parts, _) = response.into_parts();
    let (of_body, body) = filled.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(of_body.headers);
    Response::from_parts(parts, body)
}

/// A refusal for a status without a body.
fn bare(status: StatusCode, wanted: Wanted<'_>, auth: &Auth) -> Refusal {
    let (name, sentence) = match status {
        StatusCode::NOT_FOUND => (
            "not_found",
            "There is nothing at this address. Check it for typing errors, or go to the start page.",
        ),
        StatusCode::METHOD_NOT_ALLOWED => (
            "method_not_allowed",
            "This address does not answer requests of this kind. Go to the start page and follow the links there.",
        ),
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", error_page::sentence(status)),
        _ if status.is_server_error() => ("unavailable", error_page::sentence(status)),
        _ => ("refused", error_page::sentence(status)),
    };
    let refusal = Refusal::new(status, name, sentence);
    if status != StatusCode::UNAUTHORIZED {
        return refusal;
    }
    let back = ReturnPath::or_root(error_page::repeatable(wanted.method, wanted.uri));
    refusal.with_link("Sign in", auth.pages().login_url(back.as_str()))
}
