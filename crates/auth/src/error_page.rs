//! Small pages of this crate: the error page, and the frame of all small pages.

use crate::{Auth, origin::check_path, request_id::RequestIds};
use axum::response::Html;
use http::{HeaderMap, Method, StatusCode, Uri, header};
use maud::{DOCTYPE, Markup, html};

/// Whether the client accepts HTML: a browser that opens a page.
#[must_use]
pub fn accepts_html(headers: &HeaderMap) -> bool {
    headers
        .get(header::ACCEPT)
        .and_then(|accept| accept.to_str().ok())
        .is_some_and(|accept| accept.contains("text/html"))
}

/// What the page of a refusal says.
#[derive(Debug)]
pub(crate) struct ErrorPage<'a> {
    pub(crate) status: StatusCode,
    /// The name of the refusal.
    pub(crate) name: &'a str,
    /// What the visitor can do.
    pub(crate) sentence: &'a str,
    /// The text and the address of the button. By default it leads to the start page.
    pub(crate) link: Option<&'a (String, String)>,
    /// `Retry-After`, in seconds.
    pub(crate) retry_after: Option<u64>,
    /// Where the visitor can try again: the address of this request, if [`repeatable`].
    pub(crate) again: Option<&'a str>,
}

/// Returns the address of a GET as a link to this app, without its origin. `None` for other methods, and for an
/// address that a browser might read as one of another origin.
pub(crate) fn repeatable<'a>(method: &Method, uri: &'a Uri) -> Option<&'a str> {
    let is_repeatable = *method == Method::GET && check_path(uri.path()).is_ok();
    is_repeatable.then(|| uri.path_and_query().map(http::uri::PathAndQuery::as_str)).flatten()
}

impl ErrorPage<'_> {
    /// Renders the page. It asks search engines not to list it.
    pub(crate) fn render(&self, auth: &Auth) -> Html<String> {
        let Self { status, name, sentence, .. } = *self;
        let heading = heading(status);
        let again = self.again.filter(|_| can_pass(status));
        frame(
            auth,
            &format!("Error {}: {heading}", status.as_u16()),
            &html! { meta name="robots" content="noindex"; },
            &html! {
                h1 { (heading) }
                p.notice.error role="alert" { (sentence) }
                @if let Some(seconds) = self.retry_after {
                    p {
                        "You can try again in " (seconds) @if seconds == 1 { " second." } @else { " seconds." }
                        @if again.is_none() { " Go back in your browser to do so." }
                    }
                }
                (self.buttons(again, auth))
                p.muted.small { "Error " (status.as_u16()) ": " code { (name) } }
                @if let Some(id) = RequestIds::with_current(str::to_owned) {
                    p.muted.small { "Request " code { (id) } }
                }
            },
        )
    }

    fn buttons(&self, again: Option<&str>, auth: &Auth) -> Markup {
        // At a host that is not this app's, `/` leads to the same page.
        let home = if self.status == StatusCode::MISDIRECTED_REQUEST {
            let origin = auth.public_urls().canonical_origin();
            origin.map(|origin| (format!("Go to {}", name_of(auth)), origin.to_string()))
        } else {
            Some(("Go to the start page".to_owned(), "/".to_owned()))
        };
        let link = self.link.or(home.as_ref());
        html! {
            @if again.is_some() || link.is_some() {
                p.row {
                    @if let Some(address) = again { a.button href=(address) { "Try again" } }
                    @if let Some((text, address)) = link {
                        a.button.secondary[again.is_some()] href=(address) { (text) }
                    }
                }
            }
        }
    }
}

fn name_of(auth: &Auth) -> &str {
    if auth.app_name().is_empty() { "this app" } else { auth.app_name() }
}

/// What happened, in plain words.
fn heading(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => "This request is not valid",
        StatusCode::UNAUTHORIZED => "You are not signed in",
        StatusCode::FORBIDDEN => "This request is not allowed",
        StatusCode::NOT_FOUND | StatusCode::GONE => "Page not found",
        StatusCode::METHOD_NOT_ALLOWED => "This address cannot be opened like this",
        StatusCode::REQUEST_TIMEOUT => "The request took too long",
        StatusCode::PAYLOAD_TOO_LARGE => "You sent too much data",
        StatusCode::URI_TOO_LONG => "The address is too long",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => "The data has a wrong format",
        StatusCode::MISDIRECTED_REQUEST => "This address does not belong to this app",
        StatusCode::UNPROCESSABLE_ENTITY => "The data is not valid",
        StatusCode::TOO_MANY_REQUESTS => "You sent too many requests",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => "Your browser sent too many cookies",
        StatusCode::INTERNAL_SERVER_ERROR => "An error happened in this app",
        StatusCode::NOT_IMPLEMENTED => "This app cannot do that",
        _ if status.is_server_error() => "This app cannot answer right now",
        _ => "The app did not accept this request",
    }
}

/// The sentence for an answer with this status that says nothing else.
pub(crate) fn sentence(status: StatusCode) -> &'static str {
    match status {
        StatusCode::BAD_REQUEST => {
            "This app cannot read the address or the form. Check the address, or begin again at the start page."
        }
        StatusCode::UNAUTHORIZED => "Please sign in, then open this page again.",
        StatusCode::FORBIDDEN => {
            "You have no permission for this address. Sign in as a user who has, or go to the start page."
        }
        StatusCode::GONE => "This page has been removed. Go to the start page.",
        StatusCode::REQUEST_TIMEOUT => "The request took too long to arrive. Please try again.",
        StatusCode::PAYLOAD_TOO_LARGE => "The request is too large. Please send less.",
        StatusCode::URI_TOO_LONG => "Please use a shorter address, or go to the start page.",
        StatusCode::UNSUPPORTED_MEDIA_TYPE => {
            "This app cannot read data of this format. Go back and send the form again."
        }
        StatusCode::MISDIRECTED_REQUEST => {
            "This server does not serve that host name. Please check the address."
        }
        StatusCode::UNPROCESSABLE_ENTITY => "Some of the data is not valid. Go back and correct it.",
        StatusCode::TOO_MANY_REQUESTS => "Too many requests. Please wait a moment and try again.",
        StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE => {
            "Delete the cookies of this site in your browser, then try again."
        }
        StatusCode::INTERNAL_SERVER_ERROR => {
            "The server could not answer. Please try again. If the error comes back, tell the operator the \
             number of the request."
        }
        StatusCode::NOT_IMPLEMENTED => "Go back, or go to the start page.",
        _ if status.is_server_error() => "The server could not answer. Please try again in a moment.",
        _ => "The server did not accept this request. Go to the start page.",
    }
}

/// Whether the same request can succeed later.
fn can_pass(status: StatusCode) -> bool {
    let is_passing = status.is_server_error() && status != StatusCode::NOT_IMPLEMENTED;
    is_passing || matches!(status, StatusCode::TOO_MANY_REQUESTS | StatusCode::REQUEST_TIMEOUT)
}

/// Renders a small page with the app's style sheet: one card that contains `content`, below the app's notice.
pub(crate) fn document(auth: &Auth, title: &str, content: &Markup) -> Html<String> {
    frame(auth, title, &html! {}, content)
}

fn frame(auth: &Auth, title: &str, head: &Markup, content: &Markup) -> Html<String> {
    let app = auth.app_name();
    let markup = html! {
        (DOCTYPE)
        html lang="en" data-accent=(auth.accent().name()) {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="color-scheme" content="light dark";
                (head)
                title { (title) @if !app.is_empty() { " · " (app) } }
                link rel="stylesheet" href="/auth/style.css";
            }
            body {
                @if let Some(notice) = auth.notice() { aside.site-notice aria-label="Notice" { (notice) } }
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

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> impl Iterator<Item = StatusCode> {
        (400..=599).filter_map(|code| StatusCode::from_u16(code).ok())
    }

    #[test]
    fn every_status_has_a_heading_and_a_sentence_in_plain_words() {
        for status in all() {
            let (heading, sentence) = (heading(status), sentence(status));
            assert!(sentence.ends_with('.') && !heading.ends_with('.'), "{status}");
            // "Misdirected Request" and "Payload Too Large" explain nothing.
            let reason = status.canonical_reason().unwrap_or_default();
            assert!(heading != reason && !sentence.contains(status.as_str()), "{status}: {heading}");
        }
    }

    #[test]
    fn only_trouble_that_can_pass_is_worth_another_try() {
        let passing: Vec<_> = all().filter(|status| can_pass(*status) && status.as_u16() < 505).collect();
        assert_eq!(passing, [408, 429, 500, 502, 503, 504].map(|code| StatusCode::from_u16(code).unwrap()));
    }

    #[test]
    fn only_a_get_of_an_address_of_this_app_can_be_repeated() {
        let repeated =
            |method: Method, uri: &str| repeatable(&method, &uri.parse().unwrap()).map(str::to_owned);
        for same in
            ["/", "/dashboard?tab=2", "/auth/callback/demo?state=a&code=b", "/search?next=//evil.example"]
        {
            assert_eq!(repeated(Method::GET, same), Some(same.to_owned()));
            for method in [Method::POST, Method::HEAD, Method::PUT, Method::DELETE] {
                assert_eq!(repeated(method, same), None, "{same}");
            }
        }
        // The origin of a request in absolute form is left out.
        assert_eq!(repeated(Method::GET, "https://evil.example/x?y"), Some("/x?y".to_owned()));
        for other in ["//evil.example", "/a/..//evil.example", "/%5cevil.example", "/%2f/evil.example", "*"] {
            assert_eq!(repeated(Method::GET, other), None, "{other}");
        }
    }
}
