//! The main app's routes: the auth crate's endpoints, and the pages.

mod events;
mod tour;

use auth::{
    Auth, AuthBuilder,
    guard::PublicPaths,
    handoff::{self, HandoffLayer},
    page::provide_page_context,
    protect, routes,
};
use auth_leptos::serve;
use axum::{Router, middleware};
use leptos::{config::LeptosOptions, prelude::provide_context};
use main::{App, PUBLIC_PAGES, not_found, preferences::Preferences, shell};
use std::{convert::Infallible, future::ready};

/// The paths that need no session.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &PUBLIC_PAGES,
    others: &[
        "/api/get-session-status",
        "/callback",
        "/favicon.svg",
        "/favicon.ico",
        "/robots.txt",
        "/tour/renew",
        ::tour::STYLE_PATH,
    ],
    prefixes: &["/auth/", "/handoff/", "/pkg/"],
};

/// Adds this app's parts to sign-in: its session data, a log line for each event, and who may sign in
/// (`AUTH_ALLOWED_EMAIL_DOMAINS`; everyone if unset).
pub(crate) fn configure(builder: AuthBuilder) -> AuthBuilder {
    let domains = builder.config().email_domains.clone();
    builder
        .app_data::<Preferences>()
        .style(auth_leptos::STYLE)
        .sign_in(move |attempt| ready(Ok::<_, Infallible>(domains.check(&attempt))))
        .on_sign_in(events::signed_in)
        .on_sign_out(events::signed_out)
        .on_refresh(events::refreshed)
}

/// Builds the complete router, including the layers.
pub(crate) fn router(auth: &Auth, options: &LeptosOptions) -> Router {
    // When identity's launcher opens this app (article 5), the user lands on the dashboard.
    let handoff = HandoffLayer::new(auth).landing("/dashboard");
    let app = Router::new()
        .merge(pages(auth, options))
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth))
        .merge(handoff::routes(handoff))
        .merge(tour::routes(auth))
        .merge(serve::site_files(options))
        .merge(serve::icon(auth.app_name(), *auth.accent()));
    protect(app, auth, PUBLIC)
}

/// The pages and the server functions, with the page context of the request.
fn pages(auth: &Auth, options: &LeptosOptions) -> Router {
    let context = {
        let auth = auth.clone();
        move || provide_context(auth.clone())
    };
    serve::pages(options, App, shell, not_found, context)
        .layer(middleware::from_fn_with_state(auth.clone(), provide_page_context))
}

#[cfg(test)]
mod tests;
