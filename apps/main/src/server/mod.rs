//! The main app's routes: the auth crate's endpoints, its own API, and the pages.

mod user_data;

use auth::{Auth, guard::PublicPaths, page::provide_page_context, protect, routes};
use auth_types::PUBLIC_PAGES;
use auth_ui::serve;
use axum::{
    Router,
    extract::{FromRef, Request},
    middleware,
    response::IntoResponse,
    routing::post,
};
use leptos::{config::LeptosOptions, prelude::provide_context};
use leptos_axum::{LeptosRoutes, generate_route_list, render_app_async_with_context};
use main::{App, server_fns::UserData, shell};
use std::sync::Arc;
use user_data::SessionUserData;

/// Everything that needs no session.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &PUBLIC_PAGES,
    others: &["/api/get-session-status", "/favicon.svg", "/favicon.ico", "/robots.txt"],
    prefixes: &["/auth/", "/pkg/"],
};

/// What handlers share.
#[derive(Clone, FromRef)]
struct AppState {
    auth: Auth,
    options: LeptosOptions,
}

/// The whole app, layers included.
pub(crate) fn router(auth: &Auth, options: &LeptosOptions) -> Router {
    let state = AppState { auth: auth.clone(), options: options.clone() };
    let endpoints = Router::new()
        .merge(routes::common())
        .merge(routes::callbacks())
        .route("/api/update-user-data", post(user_data::update))
        .with_state(auth.clone());
    protect(
        Router::new().merge(pages(&state)).merge(endpoints).merge(serve::site_files(options)),
        auth,
        PUBLIC,
    )
}

/// The pages, and the server functions that Leptos finds by itself, with what they know of the request.
fn pages(state: &AppState) -> Router {
    let context = {
        let auth = state.auth.clone();
        move || {
            serve::provide_page_context();
            if let Some(data) = SessionUserData::of_request(&auth) {
                provide_context::<Arc<dyn UserData>>(Arc::new(data));
            }
        }
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
