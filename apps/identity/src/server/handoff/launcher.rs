//! What the launcher's page knows: the apps that can be opened, and where this browser is signed in already.

use super::presence::Presence;
use crate::server::{Proxy, registry::RegisteredClient};
use auth::{
    guard,
    origin::{Origin, RequestOrigin},
    session::CurrentSession,
};
use auth_types::{AppPresence, PageContext, RegisteredApp};
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use http::request::Parts;
use leptos::prelude::{provide_context, use_context};

/// The launcher's path.
const PATH: &str = "/";

/// The apps as the launcher lists them, in the request's extensions.
#[derive(Clone)]
struct ListedApps(Vec<RegisteredApp>);

/// Middleware for the pages: whoever opens the launcher signed out is taken past the provider first, once.
pub(crate) async fn silent_first(request: Request, next: Next) -> Response {
    if request.uri().path() == PATH {
        guard::silent_first(request, next).await
    } else {
        next.run(request).await
    }
}

/// Middleware for the pages: on the launcher's, asks the apps for the user's sessions there, and lets its forms
/// lead to them.
pub(crate) async fn launch(
    State(state): State<Proxy>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.uri().path() != PATH {
        return next.run(request).await;
    }
    let present = match &current {
        CurrentSession::SignedIn(session) => state.handoffs.presence(session).await,
        CurrentSession::SignedOut(_) | CurrentSession::Unavailable => Vec::new(),
    };
    let apps = state.registry.iter().map(|app| {
        let presence = present.iter().find(|(client_id, _)| *client_id == app.client_id);
        listed(app, &origin, presence.map_or(Presence::Unknown, |(_, presence)| *presence))
    });
    let apps: Vec<_> = apps.collect();
    if let Some(page) = request.extensions_mut().get_mut::<PageContext>() {
        // Chromium applies `form-action` to the redirects after a form too: "Open" leads to the app.
        page.form_action.extend(apps.iter().filter_map(|app| app.opens_at.clone()));
    }
    request.extensions_mut().insert(ListedApps(apps));
    next.run(request).await
}

fn listed(app: &RegisteredClient, origin: &Origin, presence: Presence) -> RegisteredApp {
    RegisteredApp {
        client_id: app.client_id.clone(),
        name: app.name.clone(),
        description: app.description.clone(),
        icon: app.icon.clone(),
        origins: app.origins.iter().map(ToString::to_string).collect(),
        opens_at: app.nearest_origin(origin).filter(|_| app.handoff).map(ToString::to_string),
        presence: match presence {
            Presence::Active => AppPresence::Active,
            Presence::None => AppPresence::None,
            Presence::Unknown => AppPresence::Unknown,
        },
    }
}

/// Gives the list to Leptos.
pub(crate) fn provide() {
    let listed = use_context::<Parts>().and_then(|parts| parts.extensions.get::<ListedApps>().cloned());
    if let Some(ListedApps(apps)) = listed {
        provide_context(apps);
    }
}
