//! The data of the launcher page: the apps, and where this browser is already signed in.

use super::presence::Presence;
use crate::server::{IdentityState, registry::RegisteredClient};
use auth::{
    guard,
    origin::{Origin, RequestOrigin},
    session::{CurrentSession, Session, SessionState},
};
use auth_types::{AppPresence, RegisteredApp};
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

/// The apps that the launcher lists, in the extensions of the request.
#[derive(Clone)]
struct ListedApps(Vec<RegisteredApp>);

/// Middleware for the pages: a signed-out visitor of the launcher is first sent through a silent sign-in at
/// the provider, once.
pub(crate) async fn silent_first(request: Request, next: Next) -> Response {
    if request.uri().path() == PATH {
        guard::silent_first(request, next).await
    } else {
        next.run(request).await
    }
}

/// Middleware for the pages: for the launcher, asks the apps about the user's sessions there, and lets the
/// policy of the page allow redirects to the apps.
pub(crate) async fn launch(
    State(state): State<IdentityState>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    mut request: Request,
    next: Next,
) -> Response {
    if request.uri().path() != PATH {
        return next.run(request).await;
    }
    let session = current.as_ref().ok().and_then(SessionState::session);
    let present = match session {
        Some(session) => state.handoffs.presence(session).await,
        None => Vec::new(),
    };
    // The address of a preview is not known.
    let apps = state.registry.iter().filter(|app| app.preview.is_none()).map(|app| {
        let presence = present.iter().find(|(client_id, _)| *client_id == app.client_id);
        listed(app, &origin, presence.map_or(Presence::Unknown, |(_, presence)| *presence))
    });
    let apps: Vec<_> = apps.collect();
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
        launch_origin: app.nearest_origin(origin).filter(|_| app.handoff).map(ToString::to_string),
        presence: match presence {
            Presence::Active => AppPresence::Active,
            Presence::None => AppPresence::None,
            Presence::Unknown => AppPresence::Unknown,
        },
    }
}

/// Provides the list of apps to Leptos.
pub(crate) fn provide() {
    let listed = use_context::<Parts>().and_then(|parts| parts.extensions.get::<ListedApps>().cloned());
    if let Some(ListedApps(apps)) = listed {
        provide_context(apps);
    }
}
