//! The main app's server: configuration, routes, layers.

mod server;

use auth::{
    Auth,
    config::{Config, LEPTOS_SETTINGS},
    server::{Program, init_logging, listen, run, serve_app},
};
use std::process::ExitCode;

/// The listen address unless `LEPTOS_SITE_ADDR` is set.
const DEFAULT_ADDRESS: &str = "127.0.0.1:4201";

const PROGRAM: Program = Program {
    name: "main",
    about: "The main app: games and store of the demo.",
    version: env!("CARGO_PKG_VERSION"),
    settings: &[LEPTOS_SETTINGS, tour::SETTINGS],
    checks: None,
};

fn main() -> ExitCode {
    if let Some(code) = PROGRAM.answer_arguments() {
        return code;
    }
    init_logging();
    run(async || {
        let config = Config::from_env("main")?;
        let limits = config.limits;
        let address = std::env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| DEFAULT_ADDRESS.into());
        let listener = listen("LEPTOS_SITE_ADDR", &address).await?;
        let options = auth_leptos::serve::leptos_options("main", listener.local_addr()?);
        let auth = server::configure(Auth::builder(config)).build().await?;
        // Last, so that a failed start prints nothing but its cause.
        tracing::info!(name = auth.app_name(), public_urls = %auth.public_urls(), %address, "serving");
        tokio::spawn(auth.clone().run_in_background());
        let router = server::router(&auth, &options);
        Ok(serve_app(&auth, listener, router, limits).await?)
    })
}
