//! What a server-rendered page knows about the request it answers.

use crate::{
    Auth,
    origin::{Origin, RequestOrigin},
    provider::Provider,
    session::CurrentSession,
};
use auth_types::{AppInfo, DeviceView, PageContext, TabFacts};
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures::future::join_all;

/// The pages that show one form per provider, and so need to know how the providers are.
const PAGES_WITH_PROVIDERS: [&str; 2] = ["/login", "/ssr-login"];
/// The page that lists the user's sessions: on no other is the store asked for them.
const PAGE_WITH_DEVICES: &str = "/session";

/// Middleware for the routes that Leptos renders: puts a [`PageContext`] into the request's extensions.
pub async fn provide_page_context(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path();
    let with_providers = PAGES_WITH_PROVIDERS.contains(&path);
    let devices = if path == PAGE_WITH_DEVICES { devices(&auth, &current).await } else { Vec::new() };
    let context = page_context(&auth, &origin, &current, with_providers).await;
    let context = PageContext { devices, ..context };
    request.extensions_mut().insert(context);
    next.run(request).await
}

/// The origins that forms and frames of a page at `origin` lead through: identity, the providers whose metadata
/// are known, and what the configuration adds.
pub(crate) fn form_action_origins(auth: &Auth, origin: &Origin) -> Vec<String> {
    let identity = auth.proxies.canonical();
    let frames_at = auth.proxies.nearest(origin).filter(|frames_at| Some(*frames_at) != identity);
    let ours = identity.into_iter().chain(frames_at).map(ToString::to_string);
    let further = auth.form_action_origins.iter().map(ToString::to_string);
    ours.chain(auth.providers.iter().flat_map(Provider::origins)).chain(further).collect()
}

async fn page_context(
    auth: &Auth,
    origin: &Origin,
    current: &CurrentSession,
    with_providers: bool,
) -> PageContext {
    let views = auth.providers.iter().filter(|_| with_providers).map(Provider::view);
    // Before the origins are asked for: looking is what makes the provider's endpoints known.
    let providers = join_all(views).await;
    let form_action = form_action_origins(auth, origin);
    let identity = auth.proxies.canonical().map(ToString::to_string);
    let frames_at = auth.proxies.nearest(origin);
    let tab = match current {
        CurrentSession::SignedIn(session) => Some(TabFacts {
            hub: frames_at.filter(|hub| hub.is_same_site(origin)).map(ToString::to_string),
            ..auth.sessions.tab_facts(&session.record)
        }),
        CurrentSession::SignedOut(_) | CurrentSession::Unavailable => None,
    };
    PageContext {
        app: AppInfo { name: auth.app_name.clone(), origin: origin.to_string(), identity_origin: identity },
        session: current.state(),
        providers,
        form_action,
        devices: Vec::new(),
        tab,
    }
}

/// The user's sessions; none when the store does not answer, and the page says so.
async fn devices(auth: &Auth, current: &CurrentSession) -> Vec<DeviceView> {
    let CurrentSession::SignedIn(session) = current else {
        return Vec::new();
    };
    auth.sessions.devices(session).await.unwrap_or_else(|error| {
        tracing::error!(error = %error.0, "the sessions of a user could not be listed");
        Vec::new()
    })
}
