//! The identity app's server: configuration, registry, routes, layers.

mod server;

use auth::{
    Auth,
    config::{Config, LEPTOS_SETTINGS},
    server::{Program, init_logging, listen, run, serve_app},
};
use server::{Announcer, FanOut, Messenger, Registry, RetryPolicy};
use std::{convert::Infallible, future::ready, process::ExitCode, sync::Arc};

/// The listen address unless `LEPTOS_SITE_ADDR` is set.
const DEFAULT_ADDRESS: &str = "127.0.0.1:4200";

const PROGRAM: Program = Program {
    name: "identity",
    about: "The identity app: signs users in for other apps, and tells these apps of sign-outs.",
    version: env!("CARGO_PKG_VERSION"),
    settings: &[LEPTOS_SETTINGS, tour::SETTINGS],
    checks: Some(server::check_registry),
};

fn main() -> ExitCode {
    if let Some(code) = PROGRAM.answer_arguments() {
        return code;
    }
    init_logging();
    run(async || {
        let mut config = Config::from_env("identity")?;
        let limits = config.limits;
        let registry = Registry::of(&config)?;
        for provider in &mut config.providers {
            provider.logout_audiences = registry.clients_at(&provider.id);
        }
        let address = std::env::var("LEPTOS_SITE_ADDR").unwrap_or_else(|_| DEFAULT_ADDRESS.into());
        let listener = listen("LEPTOS_SITE_ADDR", &address).await?;
        let options = auth_leptos::serve::leptos_options("identity", listener.local_addr()?);
        let apps = registry.iter().count();
        let domains = config.email_domains.clone();
        let auth = Auth::builder(config)
            .style(auth_leptos::STYLE)
            .sign_in(move |attempt| ready(Ok::<_, Infallible>(domains.check(&attempt))))
            .build()
            .await?;
        let registry = Arc::new(registry);
        let messenger = Messenger::new(&auth)?;
        let fan_out = FanOut::new(&auth, registry.clone(), messenger.clone(), RetryPolicy::default());
        auth.notify_apps_with(Arc::new(fan_out.clone()));
        let announcer = Announcer::new(&auth, registry.clone(), messenger.clone());
        // Last, so that a failed start prints nothing but its cause.
        tracing::info!(public_urls = %auth.public_urls(), %address, apps, "serving");
        tokio::spawn(auth.clone().run_in_background());
        tokio::spawn({
            let fan_out = fan_out.clone();
            async move { fan_out.run().await }
        });
        let router = server::router(&auth, registry, (messenger, fan_out, announcer), &options);
        Ok(serve_app(&auth, listener, router, limits).await?)
    })
}
