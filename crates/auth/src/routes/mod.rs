//! The endpoints of an app, one file each.

mod activity;
mod backchannel_logout;
mod browser_event;
mod callback;
mod check_session;
mod come_back;
pub mod custom;
mod departure;
mod devices;
mod events;
mod finish;
mod form_post;
mod fragment;
mod health;
mod limits;
mod pages;
mod providers;
mod renew;
mod session;
mod session_query;
mod sign_in;
mod sign_out;
mod silent;
mod status;
mod user_data;
mod waiting;
mod wanted_page;

pub(crate) use user_data::update as update_user_data;

pub use crate::form::Form;
use crate::origin::navigation_only;
pub(crate) use departure::page as page_that_goes_on;
pub(crate) use form_post::is_form_post;
pub use limits::{AddressLimits, Endpoint, limit_by_address};
pub use pages::pages;

use crate::{Auth, builder::Site};
use axum::{
    Router,
    extract::State,
    middleware,
    response::IntoResponse,
    routing::{delete, get, post},
};
use http::{StatusCode, header};

/// Returns all endpoints except the [`callbacks`].
pub fn common(auth: &Auth) -> Router {
    let user_data =
        auth.app_data().map(|app_data| Router::new().route("/api/update-user-data", app_data.update()));
    let limit_for = |endpoint| middleware::from_fn_with_state((auth.clone(), endpoint), limit_by_address);
    let navigations = Router::new()
        .route("/auth/silent", get(silent::silent))
        .route("/auth/check-session", get(check_session::check_session))
        .route_layer(middleware::from_fn(navigation_only));
    let sign_ins = Router::new()
        .route("/auth/signin/{provider}", get(sign_in::page).post(sign_in::begin))
        .route("/auth/come-back", post(come_back::come_back))
        .merge(navigations)
        .route_layer(limit_for(Endpoint::SignIn));
    let departures = Router::new()
        .route(departure::PATH, get(departure::leave))
        .route_layer(middleware::from_fn(navigation_only))
        .route_layer(limit_for(Endpoint::Callback));
    let streams =
        Router::new().route("/auth/events", get(events::events)).route_layer(limit_for(Endpoint::Events));
    Router::new()
        .merge(sign_ins)
        .merge(departures)
        .merge(streams)
        .route("/auth/signin", get(sign_in::page))
        .route("/auth/check-session.js", get(check_session::script))
        .route("/auth/sign-in.js", get(fragment::script))
        .route("/auth/signout", get(sign_out::page).post(sign_out::sign_out))
        .route("/auth/session", get(session::session))
        .route("/auth/sessions", get(devices::list))
        .route("/auth/sessions/revoke", post(devices::end_by_form))
        .route("/auth/sessions/{id}", delete(devices::end))
        .route("/auth/activity", post(activity::activity))
        .route("/auth/idle", post(activity::idle))
        .route("/auth/providers", get(providers::providers))
        .route("/auth/style.css", get(style))
        .route("/api/get-session-status", get(status::status))
        .route("/api/renew-token", post(renew::renew))
        // No path under /auth/ ever reaches Leptos.
        .route("/auth/{*rest}", axum::routing::any(|| async { StatusCode::NOT_FOUND }))
        .merge(user_data.unwrap_or_default())
        .with_state(auth.clone())
}

/// The health checks, which answer for any host.
pub(crate) fn health() -> Router<Auth> {
    Router::new().route("/healthz", get(health::alive)).route("/readyz", get(health::ready))
}

/// Whether a path answers for any host: the health checks, and the style sheet of the page that says that the host is
/// wrong.
pub(crate) fn is_for_any_host(path: &str) -> bool {
    matches!(path, "/healthz" | "/readyz" | "/auth/style.css")
}

/// Returns the callbacks of sign-in and sign-out, and the endpoints for signed messages. Identity has its own
/// handlers for these paths ([`custom`]).
pub fn callbacks(auth: &Auth) -> Router {
    let backchannel = Router::new()
        .route("/auth/backchannel-logout", post(backchannel_logout::backchannel_logout))
        .route(crate::handoff::SessionQuery::PATH, post(session_query::session_query))
        .route("/auth/browser-event", post(browser_event::browser_event));
    let navigations = Router::new()
        .route("/auth/callback/{provider}", get(callback::callback).post(form_post::form_post))
        .route("/auth/logout/callback", get(callback::logout_callback))
        .route_layer(middleware::from_fn(navigation_only))
        .route_layer(middleware::from_fn_with_state((auth.clone(), Endpoint::Callback), limit_by_address));
    navigations.merge(backchannel).with_state(auth.clone())
}

async fn style(State(site): State<Site>) -> impl IntoResponse {
    ([(header::CONTENT_TYPE, "text/css"), (header::CACHE_CONTROL, "public, max-age=3600")], site.style)
}
