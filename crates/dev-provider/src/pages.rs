//! The pages people see. Everything that came from a request is escaped by maud.

use crate::DevProvider;
use crate::authorize::AuthorizeRequest;
use crate::users::{USERS, User};
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use maud::{DOCTYPE, Markup, html};
use url::Url;

/// `GET /style.css`
pub(crate) async fn style(State(provider): State<DevProvider>) -> Response {
    let headers = [(header::CONTENT_TYPE, "text/css; charset=utf-8"), (header::CACHE_CONTROL, "max-age=300")];
    (headers, provider.config().style.clone().into_owned()).into_response()
}

fn page(status: StatusCode, title: &str, content: &Markup) -> Response {
    let body = html! {
        (DOCTYPE)
        html lang="en" {
            head {
                meta charset="utf-8";
                meta name="viewport" content="width=device-width, initial-scale=1";
                meta name="robots" content="noindex";
                title { (title) " · Demo provider" }
                link rel="icon" href="data:,";
                link rel="stylesheet" href="/style.css";
            }
            body {
                main class="stack" {
                    div class="card narrow stack" {
                        p class="muted small" { "Demo provider" }
                        (content)
                    }
                    p class="muted small narrow" {
                        "This is the demo provider. It stands in for Auth0, Keycloak, Google or any other OpenID "
                        "Provider while you develop, and it asks for no password."
                    }
                }
            }
        }
    };
    (status, [(header::CONTENT_TYPE, "text/html; charset=utf-8")], body.into_string()).into_response()
}

/// The login page: one button a user, the hinted one first.
pub(crate) fn login(request: &AuthorizeRequest, signed_in: Option<&User>, transaction: &str) -> Response {
    let hinted = request.login_hint.as_deref().and_then(User::by_hint).or(signed_in);
    let mut users: Vec<&User> = USERS.iter().collect();
    users.sort_by_key(|user| hinted.is_some_and(|hinted| hinted != *user));
    let back_to = Url::parse(&request.target.redirect_uri).map(|url| url.origin().ascii_serialization());
    page(
        StatusCode::OK,
        "Sign in",
        &html! {
            h1 { "Sign in" }
            p {
                "The app " strong { (request.client_id) }
                @if let Ok(origin) = &back_to { " at " strong { (origin) } }
                " asks who you are."
            }
            @if let Some(user) = signed_in {
                p class="muted" { "You are signed in as " (user.name()) ". Please confirm, or choose another user." }
            }
            form class="stack" method="post" action="/login" {
                input type="hidden" name="transaction" value=(transaction);
                @for (index, user) in users.iter().enumerate() {
                    @let class = if index == 0 { "button wide" } else { "button wide secondary" };
                    p { button class=(class) name="user" value=(user.username) { "Continue as " (user.given_name) } }
                }
                p { button class="button wide secondary" name="cancel" value="yes" { "Cancel" } }
            }
        },
    )
}

/// Asks before a sign-out that nobody proved to want.
pub(crate) fn confirm_logout(user: &User, transaction: &str) -> Response {
    page(
        StatusCode::OK,
        "Sign out",
        &html! {
            h1 { "Sign out?" }
            p { "You are signed in as " strong { (user.name()) } " here, and perhaps in several apps." }
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

/// After a sign-out that leads nowhere else.
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

/// A post-logout redirect URI that is not registered. Offers the sign-out without the redirect.
pub(crate) fn unregistered_logout(sentence: &str, transaction: Option<&str>) -> Response {
    page(
        StatusCode::BAD_REQUEST,
        "Not redirected",
        &html! {
            h1 { "This sign-out leads to an address we do not know" }
            (error_box("invalid_request", sentence))
            @if let Some(transaction) = transaction {
                p { "You are still signed in here." }
                (logout_form(transaction))
            }
        },
    )
}

/// A refusal that is shown here and goes nowhere else.
pub(crate) fn refusal(status: StatusCode, code: &str, sentence: &str) -> Response {
    page(
        status,
        "Refused",
        &html! {
            h1 { "That did not work" }
            (error_box(code, sentence))
            p class="muted" { "Nothing was changed, and nobody was redirected. Go back to the app and start again." }
        },
    )
}

/// The error as the articles show it.
fn error_box(code: &str, sentence: &str) -> Markup {
    html! {
        div class="notice error stack" role="alert" {
            p { code { (code) } }
            p { (sentence) }
        }
    }
}
