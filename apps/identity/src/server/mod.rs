//! Identity's routes: the proxy's three endpoints, the auth crate's own, and the pages.

mod authorize;
mod callback;

use auth::{Auth, guard::PublicPaths, origin::Registry, page::provide_page_context, protect, routes};
use auth_types::{PUBLIC_PAGES, RegisteredApp};
use auth_ui::serve;
use axum::{
    Router,
    extract::{FromRef, Request},
    middleware,
    response::IntoResponse,
    routing::get,
};
use identity::{App, shell};
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use std::sync::Arc;

/// Everything that needs no session.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &PUBLIC_PAGES,
    others: &["/authorize", "/api/get-session-status", "/favicon.svg", "/favicon.ico", "/robots.txt"],
    prefixes: &["/auth/", "/pkg/"],
};

/// What handlers share.
#[derive(Clone, FromRef)]
struct AppState {
    auth: Auth,
    registry: Arc<Registry>,
    options: LeptosOptions,
}

/// The whole app, layers included.
pub(crate) fn router(auth: &Auth, registry: Arc<Registry>, options: &LeptosOptions) -> Router {
    let state = AppState { auth: auth.clone(), registry: registry.clone(), options: options.clone() };
    let app =
        Router::new().merge(pages(&state)).merge(endpoints(auth, registry)).merge(serve::site_files(options));
    protect(app, auth, PUBLIC)
}

/// The endpoints, without the pages.
fn endpoints(auth: &Auth, registry: Arc<Registry>) -> Router {
    let state = Proxy { auth: auth.clone(), registry };
    let proxy = Router::new()
        .route("/authorize", get(authorize::authorize))
        .route("/auth/callback/{provider}", get(callback::callback))
        .route("/auth/logout/callback", get(callback::logout_callback))
        .route_layer(middleware::from_fn(routes::navigation_only))
        .with_state(state);
    proxy.merge(routes::common().with_state(auth.clone()))
}

/// What the proxy's endpoints share.
#[derive(Clone, FromRef)]
struct Proxy {
    auth: Auth,
    registry: Arc<Registry>,
}

/// The pages, with what they know of the request and of the registered apps.
fn pages(state: &AppState) -> Router {
    let apps: Vec<RegisteredApp> = state
        .registry
        .iter()
        .map(|client| RegisteredApp {
            client_id: client.client_id.clone(),
            name: client.name.clone(),
            origins: client.origins.iter().map(ToString::to_string).collect(),
        })
        .collect();
    let context = move || {
        serve::provide_page_context();
        provide_context(apps.clone());
    };
    let not_found = {
        let (context, options) = (context.clone(), state.options.clone());
        move |request: Request| {
            let options = options.clone();
            let render = render_app_async_with_context(context.clone(), move || shell(options.clone()));
            async move { render(request).await.into_response() }
        }
    };
    let options = state.options.clone();
    Router::new()
        .leptos_routes_with_context(state, generate_route_list(App), context, move || shell(options.clone()))
        .fallback(not_found)
        .layer(middleware::from_fn_with_state(state.auth.clone(), provide_page_context))
        .with_state(state.clone())
}

#[cfg(test)]
mod tests;
