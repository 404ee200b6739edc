//! Identity's routes: the proxy's three endpoints, the auth crate's own, and the pages.

mod authorize;
mod callback;
mod logout;

use auth::{
    Auth, guard::PublicPaths, logout::FanOut, origin::Registry, page::provide_page_context, protect, routes,
};
use auth_types::{PUBLIC_PAGES, RegisteredApp};
use auth_ui::serve;
use axum::{
    Router,
    extract::FromRef,
    middleware,
    routing::{get, post},
};
use identity::{App, shell};
use leptos::{config::LeptosOptions, prelude::provide_context};
use std::sync::Arc;

/// Everything that needs no session.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &PUBLIC_PAGES,
    others: &[
        "/authorize",
        "/api/get-session-status",
        "/favicon.svg",
        "/favicon.ico",
        "/robots.txt",
        "/.well-known/jwks.json",
    ],
    prefixes: &["/auth/", "/pkg/"],
};

/// The whole app, layers included.
pub(crate) fn router(
    auth: &Auth,
    registry: Arc<Registry>,
    fan_out: FanOut,
    options: &LeptosOptions,
) -> Router {
    let app = Router::new()
        .merge(pages(auth, &registry, options))
        .merge(endpoints(auth, registry, fan_out))
        .merge(serve::site_files(options));
    protect(app, auth, PUBLIC)
}

/// The endpoints, without the pages.
fn endpoints(auth: &Auth, registry: Arc<Registry>, fan_out: FanOut) -> Router {
    let state = Proxy { auth: auth.clone(), registry, fan_out };
    let proxy = Router::new()
        .route("/authorize", get(authorize::authorize))
        .route("/auth/callback/{provider}", get(callback::callback))
        .route("/auth/logout/callback", get(callback::logout_callback))
        .route_layer(middleware::from_fn(routes::navigation_only))
        .route("/.well-known/jwks.json", get(logout::jwks))
        .route("/auth/backchannel-logout", post(logout::backchannel_logout))
        .route("/auth/logout", post(logout::logout))
        .with_state(state);
    proxy.merge(routes::common(auth))
}

/// What the proxy's endpoints share.
#[derive(Clone, FromRef)]
struct Proxy {
    auth: Auth,
    registry: Arc<Registry>,
    fan_out: FanOut,
}

/// The pages, with what they know of the request and of the registered apps.
fn pages(auth: &Auth, registry: &Registry, options: &LeptosOptions) -> Router {
    let apps: Vec<RegisteredApp> = registry
        .iter()
        .map(|client| RegisteredApp {
            client_id: client.client_id.clone(),
            name: client.name.clone(),
            origins: client.origins.iter().map(ToString::to_string).collect(),
        })
        .collect();
    serve::pages(options, App, shell, move || provide_context(apps.clone()))
        .layer(middleware::from_fn_with_state(auth.clone(), provide_page_context))
}

#[cfg(test)]
mod tests;
