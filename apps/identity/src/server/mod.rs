//! Identity's routes: the proxy, logout, handoff and hub endpoints, the endpoints of the auth crate, and the
//! pages.

mod canonical;
mod check;
mod client;
mod handoff;
mod hub;
mod logout;
mod messages;
mod previews;
mod proxy;
mod registry;
mod sign_in_events;
mod signing;

pub(crate) use check::check_registry;
pub(crate) use logout::{FanOut, RetryPolicy};
pub(crate) use messages::Messenger;
pub(crate) use registry::Registry;
pub(crate) use sign_in_events::Announcer;

use auth::{
    Auth,
    guard::PublicPaths,
    limit::{Quota, RateLimit},
    page::provide_page_context,
    protect,
    routes::{self, Endpoint, limit_by_address},
};
use auth_leptos::serve;
use axum::{
    Router,
    extract::FromRef,
    middleware,
    routing::{get, post},
};
use chrono::TimeDelta;
use handoff::{HandoffService, launcher, userinfo, verify};
use identity::{App, not_found, shell};
use leptos::{config::LeptosOptions, prelude::provide_context};
use std::sync::Arc;

/// The paths that need no session.
const PUBLIC: PublicPaths = PublicPaths {
    pages: &["/", "/login", "/ssr-logout", "/signed-out", "/source"],
    others: &[
        "/authorize",
        "/userinfo",
        "/api/get-session-status",
        "/favicon.svg",
        "/favicon.ico",
        "/robots.txt",
        tour::STYLE_PATH,
        "/.well-known/jwks.json",
        "/hub",
        "/hub.js",
    ],
    prefixes: &["/auth/", "/handoff/", "/pkg/"],
};

/// Rate limit for the logouts that one app may request: a burst of 100, then five per second.
const LOGOUTS_OF_AN_APP: Quota = Quota { burst: 100, refill: TimeDelta::milliseconds(200) };

/// Builds the complete router, including the layers.
pub(crate) fn router(
    auth: &Auth,
    registry: Arc<Registry>,
    (messenger, fan_out, announcer): (Messenger, FanOut, Announcer),
    options: &LeptosOptions,
) -> Router {
    let handoffs = HandoffService::new(auth, registry.clone(), messenger);
    let requests = Arc::new(RateLimit::new(auth.clock().clone(), LOGOUTS_OF_AN_APP));
    let state = IdentityState { auth: auth.clone(), registry, fan_out, announcer, handoffs, requests };
    let app = Router::new()
        .merge(pages(&state, options))
        .merge(endpoints(state))
        .merge(serve::site_files(options))
        .merge(serve::icon(auth.app_name(), *auth.accent()))
        .merge(tour::style());
    protect(app, auth, PUBLIC)
}

/// The endpoints, without the pages.
fn endpoints(state: IdentityState) -> Router {
    let common = routes::common(&state.auth);
    let limit_for =
        |endpoint| middleware::from_fn_with_state((state.auth.clone(), endpoint), limit_by_address);
    let sign_ins = Router::new()
        .route("/authorize", get(proxy::authorize::authorize))
        .route("/handoff/{client}", get(handoff::continue_handoff).post(handoff::open))
        .route_layer(limit_for(Endpoint::SignIn));
    let callbacks = Router::new()
        .route("/auth/callback/{provider}", get(proxy::callback::callback).post(routes::custom::form_post))
        .route("/auth/logout/callback", get(proxy::callback::logout_callback))
        .route_layer(limit_for(Endpoint::Callback));
    let proxy = sign_ins
        .merge(callbacks)
        .route_layer(middleware::from_fn(routes::custom::navigation_only))
        .route("/.well-known/jwks.json", get(logout::jwks))
        .route("/hub", get(hub::hub))
        .route("/hub.js", get(hub::script))
        .route("/auth/backchannel-logout", post(logout::backchannel_logout))
        .route("/auth/logout", post(logout::logout))
        .route("/auth/signed-in", post(proxy::callback::signed_in))
        .route("/auth/external/handoff/verify", post(verify::verify))
        .route("/userinfo", get(userinfo::userinfo).post(userinfo::userinfo))
        .with_state(state);
    proxy.merge(common)
}

/// The state that the endpoints share.
#[derive(Clone, FromRef)]
struct IdentityState {
    auth: Auth,
    registry: Arc<Registry>,
    fan_out: FanOut,
    handoffs: HandoffService,
    announcer: Announcer,
    /// Limits requests for a global logout, by client id.
    requests: Arc<RateLimit<String>>,
}

/// The pages, with the page context and the registered apps. The launcher first tries a silent sign-in.
fn pages(state: &IdentityState, options: &LeptosOptions) -> Router {
    let context = {
        let auth = state.auth.clone();
        move || {
            launcher::provide();
            provide_context(auth.clone());
        }
    };
    serve::pages(options, App, shell, not_found, context)
        .layer(middleware::from_fn_with_state(state.clone(), launcher::launch))
        .layer(middleware::from_fn_with_state(state.auth.clone(), provide_page_context))
        .layer(middleware::from_fn(launcher::silent_first))
        .layer(middleware::from_fn_with_state(state.auth.clone(), canonical::canonical_only))
}

#[cfg(test)]
mod tests;
