//! What a refused request gets: a small page for people, JSON for programs.

use crate::store::StoreError;
use axum::{
    Json,
    body::HttpBody,
    response::{Html, IntoResponse, Response},
};
use http::{HeaderMap, StatusCode, header};
use maud::{DOCTYPE, Markup, html};
use serde_json::json;

/// A refusal with its name and a human sentence; HTML when the client asked for a page, else
/// `{"error": name, "message": sentence}`.
pub fn refuse(headers: &HeaderMap, status: StatusCode, name: &str, sentence: &str) -> Response {
    if !accepts_html(headers) {
        return json(status, name, sentence);
    }
    let mut response = (status, page(status, name, sentence)).into_response();
    set_retry_after(&mut response);
    response
}

/// A 503 says when to come back (RFC 9110 §15.6.4).
fn set_retry_after(response: &mut Response) {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
    }
}

/// The store did not answer before the flow was taken: 503, and a reload helps.
pub fn try_again(cause: &StoreError, headers: &HeaderMap) -> Response {
    tracing::error!(%cause, "a callback could not be looked at");
    let sentence = "This sign-in cannot be finished right now. Please reload the page in a moment.";
    refuse(headers, StatusCode::SERVICE_UNAVAILABLE, "store_unavailable", sentence)
}

/// Gives a refusal without a body one: a router's own 404 and 405, a file that is not there. A browser would show
/// a page of its own, with the blame on the site. Headers such as `Allow` stay.
pub(crate) fn with_body(response: Response, wants_html: bool) -> Response {
    let status = response.status();
    let is_refusal = status.is_client_error() || status.is_server_error();
    if !is_refusal || response.body().size_hint().exact() != Some(0) {
        return response;
    }
    let (name, sentence) = match status {
        StatusCode::NOT_FOUND => ("not_found", "There is nothing at this address."),
        StatusCode::METHOD_NOT_ALLOWED => {
            ("method_not_allowed", "This address does not answer requests of this kind.")
        }
        StatusCode::PAYLOAD_TOO_LARGE => ("body_too_large", "That is more than this server reads."),
        _ if status.is_server_error() => {
            ("unavailable", "The server could not answer. Please try again in a moment.")
        }
        _ => ("refused", "The server did not accept this request."),
    };
    let (mut parts, _) = response.into_parts();
    let filled = if wants_html {
        (status, page(status, name, sentence)).into_response()
    } else {
        json(status, name, sentence)
    };
    let (of_page, body) = filled.into_parts();
    parts.headers.remove(header::CONTENT_LENGTH);
    parts.headers.extend(of_page.headers);
    Response::from_parts(parts, body)
}

/// The JSON form of a refusal.
pub fn json(status: StatusCode, name: &str, sentence: &str) -> Response {
    let mut response = (status, Json(json!({ "error": name, "message": sentence }))).into_response();
    set_retry_after(&mut response);
    response
}

/// Whether the client is a browser that wants a document.
#[must_use]
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

fn page(status: StatusCode, name: &str, sentence: &str) -> Html<String> {
    let title = status.canonical_reason().unwrap_or("Refused");
    document(
        title,
        &html! {
            h1 { (title) }
            p.notice.error role="alert" { (sentence) }
            p.muted { "Error " (status.as_u16()) ": " code { (name) } }
            p { a.button href="/" { "Go to the start page" } }
        },
    )
}

/// A small page of this crate's own, in the apps' style: one card with `content` in it.
pub(crate) fn document(title: &str, content: &Markup) -> Html<String> {
    let markup = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                title { (title) }
                link rel="stylesheet" href="/auth/style.css";
            }
            body {
                main {
                    div.card.narrow.stack {
                        (content)
                    }
                }
            }
        }
    };
    Html(markup.into_string())
}
