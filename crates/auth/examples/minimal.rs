//! A minimal app: two pages, with sign-in and sign-out on the crate's plain pages.
//!
//! ```console
//! $ export PUBLIC_URL=http://localhost:8080 AUTH_SECRET=$(openssl rand -base64 33) SESSION_STORE_URL=memory:
//! $ export AUTH_OIDC_ID=… AUTH_OIDC_SECRET=… AUTH_OIDC_ISSUER=https://id.example.com
//! $ cargo run --package onesession --example minimal
//! ```
//!
//! At the provider, register `http://localhost:8080/auth/callback/oidc` as the redirect URI, and
//! `http://localhost:8080/auth/logout/callback` as the post-logout redirect URI.

use auth::{Auth, config::Config, guard::PublicPaths, protect, routes, server, session::Session};
use axum::{Router, response::Html, routing::get};
use maud::html;
use std::process::ExitCode;

/// The paths that need no session. All other paths are denied without a session.
const PUBLIC: PublicPaths =
    PublicPaths { pages: &["/", "/login", "/ssr-logout", "/signed-out"], others: &[], prefixes: &["/auth/"] };

async fn home() -> Html<&'static str> {
    Html("<h1>Welcome</h1><a href=/profile>Profile</a>")
}

/// Only for signed-in users: the guard stops requests without a session.
async fn profile(session: Session) -> Html<String> {
    let id = session.public().user.id;
    let page = html! { h1 { "Profile" } p { "You are " (id) "." } a href="/auth/signout" { "Sign out" } };
    Html(page.into_string())
}

/// The app's routes and the crate's routes, all behind the guard.
pub(crate) fn app(auth: &Auth) -> Router {
    let router = Router::new()
        .route("/", get(home))
        .route("/profile", get(profile))
        .merge(routes::pages(auth))
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth));
    protect(router, auth, PUBLIC)
}

fn main() -> ExitCode {
    server::init_logging();
    server::run(async || {
        // PUBLIC_URL, AUTH_SECRET, SESSION_STORE_URL, AUTH_OIDC_ID …
        let auth = Auth::builder(Config::from_env("minimal")?).build().await?;
        tokio::spawn(auth.clone().run_in_background());
        let listener = server::listen("ADDRESS", "127.0.0.1:8080").await?;
        Ok(server::serve_app(&auth, listener, app(&auth), server::Limits::default()).await?)
    })
}
