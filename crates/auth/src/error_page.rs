//! Small pages of this crate: the error page, and the frame of all small pages.

use crate::request_id::RequestIds;
use axum::response::Html;
use http::{HeaderMap, StatusCode, header};
use maud::{DOCTYPE, Markup, html};

/// Whether the client accepts HTML: a browser that opens a page.
#[must_use]
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// Renders the page of a refusal. `link` is the text and the address of its button; `notice` is `AUTH_NOTICE`.
pub(crate) fn page(
    status: StatusCode,
    name: &str,
    sentence: &str,
    link: Option<&(String, String)>,
    notice: Option<&str>,
) -> Html<String> {
    let (text, address) =
        link.map_or(("Go to the start page", "/"), |(text, address)| (text.as_str(), address.as_str()));
    let title = status.canonical_reason().unwrap_or("Refused");
    document(
        title,
        &html! {
            h1 { (title) }
            p.notice.error role="alert" { (sentence) }
            p.muted { "Error " (status.as_u16()) ": " code { (name) } }
            @if let Some(id) = RequestIds::with_current(str::to_owned) {
                p.muted { "Request " code { (id) } }
            }
            p { a.button href=(address) { (text) } }
        },
        notice,
    )
}

/// Renders a small page with the app's style sheet: one card that contains `content`, below the `notice`.
pub(crate) fn document(title: &str, content: &Markup, notice: Option<&str>) -> Html<String> {
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
                @if let Some(notice) = notice { p.site-notice role="note" { (notice) } }
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
