//! What a refused request gets: a small page for people, JSON for programs.

use axum::{
    Json,
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
    say_when(&mut response);
    response
}

/// A 503 says when to come back (RFC 9110 §15.6.4).
fn say_when(response: &mut Response) {
    if response.status() == StatusCode::SERVICE_UNAVAILABLE {
        response.headers_mut().insert(header::RETRY_AFTER, http::HeaderValue::from_static("5"));
    }
}

/// The JSON form of a refusal.
pub fn json(status: StatusCode, name: &str, sentence: &str) -> Response {
    let mut response = (status, Json(json!({ "error": name, "message": sentence }))).into_response();
    say_when(&mut response);
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
