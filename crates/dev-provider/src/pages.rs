//! The provider's HTML pages. maud escapes all text that comes from a request.

use crate::DevProvider;
use crate::authorize::AuthorizeRequest;
use crate::users::User;
use crate::visitor_faults::{self, ActiveFault};
use axum::Extension;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderValue, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use url::Url;

/// `GET /style.css`
pub(crate) async fn style(State(provider): State<DevProvider>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, provider.config().style.clone().into_owned()).into_response()
}

/// A page that [`render`] writes.
#[derive(Clone, Debug)]
struct Page {
    title: String,
    content: Markup,
}

/// Answers with a page of the provider around `content`.
pub(crate) fn page(status: StatusCode, title: &str, content: &Markup) -> Response {
    (status, Extension(Page { title: title.to_owned(), content: content.clone() })).into_response()
}

/// Middleware that writes the pages. Only here the configuration is at hand: handlers refuse requests without
/// it. A browser that opens a page gets a page for each refusal, also for one of a library.
pub(crate) async fn render(State(provider): State<DevProvider>, request: Request, next: Next) -> Response {
    let is_own_page = request.uri().path() == visitor_faults::PATH;
    let active = provider.fault_of_browser(request.headers()).filter(|_| !is_own_page);
    let wants_page = accepts_html(request.headers());
    let mut response = next.run(request).await;
    let is_plain = |response: &Response| {
        let content_type = response.headers().get(header::CONTENT_TYPE);
        content_type.is_none_or(|content_type| content_type.as_bytes().starts_with(b"text/plain"))
    };
    let is_page = response.extensions().get::<Page>().is_some();
    if wants_page && !is_page && response.status().is_client_error() && is_plain(&response) {
        response = plain_refusal(response.status());
    }
    if let Some(page) = response.extensions_mut().remove::<Page>() {
        let html = document(&page, provider.config().notice.as_deref(), active.as_ref()).into_string();
        let headers = response.headers_mut();
        headers.remove(header::CONTENT_LENGTH);
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("text/html; charset=utf-8"));
        *response.body_mut() = Body::from(html);
    }
    response
}

fn accepts_html(headers: &HeaderMap) -> bool {
    let accept = headers.get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
    accept.is_some_and(|accept| accept.contains("text/html"))
}

/// The page for a refusal of a library, which has written plain text for programs.
fn plain_refusal(status: StatusCode) -> Response {
    match status {
        StatusCode::PAYLOAD_TOO_LARGE => {
            refusal(status, "body_too_large", "The request is too large. Please send less.")
        }
        _ => refusal(status, "invalid_request", "The provider cannot read this request."),
    }
}

/// The icon of the provider's tab: a person, on the colour of the pages.
const ICON: &str = "data:image/svg+xml,%3Csvg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 32 32'%3E\
    %3Crect width='32' height='32' rx='7' fill='%23475569'/%3E%3Ccircle cx='16' cy='12' r='5' fill='%23fff'/%3E\
    %3Cpath d='M6 27a10 9 0 0 1 20 0z' fill='%23fff'/%3E%3C/svg%3E";

fn document(Page { title, content }: &Page, notice: Option<&str>, active: Option<&ActiveFault>) -> Markup {
    html! {
        (DOCTYPE)
        html lang="en" data-accent="slate" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · Demo provider" }
                link rel="icon" href=(ICON);
                link rel="stylesheet" href="/style.css";
            }
            body {
                @if let Some(notice) = notice { aside class="site-notice" aria-label="Notice" { (notice) } }
                main class="stack" {
                    div class="card narrow stack" {
                        p class="muted small" { "Demo provider" }
                        @if let Some(active) = active { (visitor_faults::reminder(active)) }
                        (content)
                    }
                    p class="muted small narrow" {
                        "This is the demo provider. It stands in for Auth0, Keycloak, Google or any other OpenID "
                        "Provider while you develop, and it asks for no password."
                    }
                }
            }
        }
    }
}

/// The login page: one button for each user, the hinted user first.
pub(crate) fn login(
    request: &AuthorizeRequest,
    mut users: Vec<User>,
    signed_in: Option<&User>,
    transaction: &str,
) -> Response {
    let hint = request.login_hint.as_deref();
    let named = users.iter().find(|user| hint.is_some_and(|hint| user.matches_hint(hint)));
    if let Some(first) = named.or(signed_in).cloned() {
        users.sort_by_key(|user| *user != first);
    }
    let are_throwaway = users.iter().any(|user| user.visitor.is_some());
    let back_to = Url::parse(&request.target.redirect_uri).map(|url| url.origin().ascii_serialization());
    page(
        StatusCode::OK,
        "Sign in",
        &html! {
            h1 { "Sign in" }
            p {
                "The app " strong { (request.client_id) }
                @if let Ok(origin) = &back_to { " at " strong { (origin) } }
                " asks you to sign in."
            }
            @if let Some(user) = signed_in {
                p class="muted" { "You are signed in as " (user.name()) ". Please confirm, or choose another user." }
            }
            @if are_throwaway {
                p class="muted" {
                    "Alice and Bob are made up, and exist for your browser only. They need no password."
                }
            }
            form class="stack" method="post" action="/login" {
                input type="hidden" name="transaction" value=(transaction);
                @for (index, user) in users.iter().enumerate() {
                    @let class = if index == 0 { "button wide" } else { "button wide secondary" };
                    p { button class=(class) name="user" value=(user.person.username) { "Continue as " (user.person.given_name) } }
                }
                p { button class="button wide secondary" name="cancel" value="yes" { "Cancel" } }
            }
        },
    )
}

/// The confirmation page for a sign-out that no valid hint proves.
pub(crate) fn confirm_logout(user: &User, transaction: &str) -> Response {
    page(
        StatusCode::OK,
        "Sign out",
        &html! {
            h1 { "Sign out?" }
            p { "You are signed in as " strong { (user.name()) } " here, and maybe in several apps." }
            (logout_form(transaction))
        },
    )
}

fn logout_form(transaction: &str) -> Markup {
    html! {
        form class="stack" method="post" action="/logout" {
            input type="hidden" name="confirm" value=(transaction);
            button class="button wide" { "Sign out" }
        }
    }
}

/// The page after a sign-out without a redirect.
pub(crate) fn signed_out(continue_to: Option<&Url>) -> Response {
    page(
        StatusCode::OK,
        "Signed out",
        &html! {
            h1 { "You are signed out" }
            p { "Your session at the demo provider has ended." }
            @if let Some(url) = continue_to { p { a class="button" href=(url) { "Back to the app" } } }
        },
    )
}

/// The page for an unregistered post-logout redirect URI. Offers a sign-out without a redirect.
pub(crate) fn unregistered_logout(sentence: &str, transaction: Option<&str>) -> Response {
    page(
        StatusCode::BAD_REQUEST,
        "Not redirected",
        &html! {
            h1 { "This sign-out leads to an unknown address" }
            (error_box("invalid_request", sentence))
            @if let Some(transaction) = transaction {
                p { "You are still signed in here." }
                (logout_form(transaction))
            }
        },
    )
}

/// Answers a request that a form of this provider sends: 403 if another site sent it, else 400.
pub(crate) fn refused_form(is_cross_site: bool, sentence: &str) -> Response {
    let status = if is_cross_site { StatusCode::FORBIDDEN } else { StatusCode::BAD_REQUEST };
    refusal(status, "invalid_request", sentence)
}

/// The page for a request that is refused without a redirect.
pub(crate) fn refusal(status: StatusCode, code: &str, sentence: &str) -> Response {
    let heading = match status {
        StatusCode::NOT_FOUND => "Page not found",
        StatusCode::METHOD_NOT_ALLOWED => "This address cannot be opened like this",
        StatusCode::PAYLOAD_TOO_LARGE => "You sent too much data",
        StatusCode::MISDIRECTED_REQUEST => "This address does not belong to the provider",
        StatusCode::TOO_MANY_REQUESTS => "You sent too many requests",
        _ if status.is_server_error() => "An error happened at the provider",
        _ => "That did not work",
    };
    page(
        status,
        &format!("Error {}: {heading}", status.as_u16()),
        &html! {
            h1 { (heading) }
            (error_box(code, sentence))
            p class="muted" { "Nothing was changed. Go back to the app and start again." }
            p class="muted small" { "Error " (status.as_u16()) }
        },
    )
}

/// The error box, as the articles show it.
fn error_box(code: &str, sentence: &str) -> Markup {
    html! {
        div class="notice error stack" role="alert" {
            p { code { (code) } }
            p { (sentence) }
        }
    }
}
