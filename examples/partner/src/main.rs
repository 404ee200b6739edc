//! Partner's server.

use auth::{
    Auth,
    config::Config,
    guard::PublicPaths,
    handoff::{self, HandoffLayer},
    page::provide_page_context,
    protect, routes,
    server::{init_logging, listen, run, serve_app},
};
use auth_leptos::serve;
use axum::{Router, middleware};
use leptos::{config::LeptosOptions, prelude::provide_context};
use partner::{App, not_found, notes::Notebook, shell};
use std::process::ExitCode;

/// The listen address unless `LEPTOS_SITE_ADDR` is set.
const DEFAULT_ADDRESS: &str = "127.0.0.1:4203";

/// The style of the pages that the auth crate writes, for example while the session store does not answer.
const STYLE: &str = include_str!("../style/partner.css");

/// The paths that need no session. Everything else does, whatever the router shows.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &["/", "/public", "/login", "/ssr-login", "/ssr-logout", "/signed-out"],
    others: &["/api/get-session-status", "/callback", "/favicon.svg", "/favicon.ico", "/robots.txt"],
    prefixes: &["/auth/", "/handoff/", "/pkg/"],
};

fn main() -> ExitCode {
    init_logging();
    run(async || {
        let config = Config::from_env("partner")?;
        let limits = config.limits;
        let address = std::env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| DEFAULT_ADDRESS.into());
        let listener = listen("LEPTOS_SITE_ADDR", &address).await?;
        let options = serve::leptos_options("partner", listener.local_addr()?);
        let auth = Auth::builder(config).app_data::<Notebook>().style(STYLE).build().await?;
        tracing::info!(name = auth.app_name(), public_urls = %auth.public_urls(), %address, "serving");
        tokio::spawn(auth.clone().run_in_background());
        Ok(serve_app(&auth, listener, router(&auth, &options), limits).await?)
    })
}

/// The complete router, including the layers.
fn router(auth: &Auth, options: &LeptosOptions) -> Router {
    let context = {
        let auth = auth.clone();
        move || provide_context(auth.clone())
    };
    let pages = serve::pages(options, App, shell, not_found, context)
        .layer(middleware::from_fn_with_state(auth.clone(), provide_page_context));
    let app = Router::new()
        .merge(pages)
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth))
        .merge(handoff::routes(HandoffLayer::new(auth).landing("/dashboard")))
        .merge(serve::site_files(options))
        .merge(serve::icon_file(options));
    protect(app, auth, PUBLIC)
}
