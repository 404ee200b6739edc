//! Plain pages for signing in and out, for an app without its own: forms and sentences, no script. An app
//! with its own design writes these three pages itself and leaves these routes out.

use crate::{
    Auth, error_page,
    origin::{ReturnPath, UniqueParams},
    provider::Provider,
    session::{Session, SessionState},
};
use auth_types::{CurrentSession, ProviderView, SignInError};
use axum::{
    Extension, Router,
    extract::{RawQuery, State},
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::join_all;
use http::header;
use maud::{Markup, html};

/// Returns the routes of the three pages, to merge with the app's routes. The pages must be public: list them
/// in [`PublicPaths`](crate::guard::PublicPaths).
pub fn pages(auth: &Auth) -> Router {
    Router::new()
        .route(&auth.pages().login, get(login))
        .route(&auth.pages().sign_out, get(sign_out))
        .route(&auth.pages().signed_out, get(signed_out))
        .with_state(auth.clone())
}

/// `GET /login?error=&callbackUrl=`: a form for each provider, and why the last sign-in failed.
async fn login(State(auth): State<Auth>, RawQuery(query): RawQuery) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let back = ReturnPath::or_root(params.get("callbackUrl"));
    let error = params.get("error").map(|code| {
        SignInError::parse(code).map_or("The sign-in did not work. Please try again.", SignInError::sentence)
    });
    let providers = join_all(auth.providers().iter().map(Provider::view)).await;
    let content = html! {
        h1 { "Sign in" }
        @if let Some(sentence) = error { p.notice.error role="alert" { (sentence) } }
        @for provider in &providers { (provider_form(provider, back.as_str())) }
        script src="/auth/sign-in.js" defer {}
    };
    page("Sign in", &content, &auth)
}

fn provider_form(provider: &ProviderView, back: &str) -> Markup {
    html! {
        form.stack method="post" action={ "/auth/signin/" (provider.id) } {
            input type="hidden" name="callbackUrl" value=(back);
            button.button.wide disabled[!provider.available] {
                @if let Some(icon) = &provider.icon { img src=(icon) alt="" width="20" height="20"; " " }
                "Sign in with " (provider.name)
            }
            @if !provider.available {
                p.muted.small { (provider.name) " does not answer right now. Please try again in a moment." }
            }
        }
    }
}

/// `GET /ssr-logout?callbackUrl=`: the sign-out form.
async fn sign_out(
    State(auth): State<Auth>,
    Extension(current): Extension<CurrentSession<Session>>,
    RawQuery(query): RawQuery,
) -> Response {
    let params = UniqueParams::parse(query.unwrap_or_default().as_bytes()).unwrap_or_default();
    let back = params.get("callbackUrl").and_then(ReturnPath::parse);
    let content = html! {
        h1 { "Sign out" }
        @match &current {
            Ok(SessionState::SignedOut(_)) => { p { "You are not signed in. " a href=(auth.pages().login) { "Sign in" } } }
            Ok(SessionState::SignedIn(_)) | Err(_) => {
                form.stack method="post" action="/auth/signout" {
                    @if let Some(back) = back { input type="hidden" name="callbackUrl" value=(back); }
                    button.button.wide { "Sign out" }
                    button.button.secondary.wide name="scope" value="local" { "Sign out of this app only" }
                }
            }
        }
    };
    page("Sign out", &content, &auth)
}

/// `GET /signed-out`: where a sign-out ends.
async fn signed_out(
    State(auth): State<Auth>,
    Extension(current): Extension<CurrentSession<Session>>,
) -> Response {
    let (title, content) = match &current {
        Ok(SessionState::SignedIn(session)) => {
            ("You are signed in", html! { p { "You are signed in as " (session.public().user.name) "." } })
        }
        Ok(SessionState::SignedOut(_)) => (
            "You have been signed out",
            html! { p { a.button href=(auth.pages().login_url("/")) { "Sign in again" } } },
        ),
        Err(_) => (
            "Session unknown",
            html! { p { "Your session cannot be checked right now. Please try again in a moment." } },
        ),
    };
    let content = html! { h1 { (title) } (content) p { a href="/" { "Home" } } };
    page(title, &content, &auth)
}

/// Renders a page whose forms go to this app.
fn page(title: &str, content: &Markup, auth: &Auth) -> Response {
    const POLICY: &str = "default-src 'none'; style-src 'self'; img-src 'self'; script-src 'self'; \
                          form-action 'self'; frame-ancestors 'none'; base-uri 'none'";
    ([(header::CONTENT_SECURITY_POLICY, POLICY)], error_page::document(auth, title, content)).into_response()
}
