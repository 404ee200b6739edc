//! The server.

// The type of a Leptos page nests as deep as its markup, deeper than the default limit.
#![recursion_limit = "256"]

use auth::{
    Auth,
    config::Config,
    guard::PublicPaths,
    page::provide_page_context,
    protect, routes,
    server::{init_logging, listen, run, serve_app},
};
use auth_leptos::serve;
use axum::{Router, middleware};
use leptos::config::LeptosOptions;
use leptos_islands::{App, not_found, shell};
use std::process::ExitCode;

/// The paths that need no session.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &["/", "/login", "/signed-out"],
    others: &["/api/get-session-status", "/favicon.svg"],
    prefixes: &["/auth/", "/pkg/"],
};

fn main() -> ExitCode {
    init_logging();
    run(async || {
        let config = Config::from_env("leptos-islands")?;
        let limits = config.limits;
        let address = std::env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| "127.0.0.1:4203".into());
        let listener = listen("LEPTOS_SITE_ADDR", &address).await?;
        let options = serve::leptos_options("leptos-islands", listener.local_addr()?);
        let auth = Auth::builder(config).style(auth_leptos::STYLE).build().await?;
        tokio::spawn(auth.clone().run_in_background());
        Ok(serve_app(&auth, listener, router(&auth, &options), limits).await?)
    })
}

fn router(auth: &Auth, options: &LeptosOptions) -> Router {
    let pages = serve::pages(options, App, shell, not_found, || {})
        .layer(middleware::from_fn_with_state(auth.clone(), provide_page_context));
    let app = Router::new()
        .merge(pages)
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth))
        .merge(serve::site_files(options))
        .merge(serve::icon_file(options));
    protect(app, auth, PUBLIC)
}
