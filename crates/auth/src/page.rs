//! Collects what a server-rendered page needs to know about its request.

use crate::{
    Auth,
    origin::{Origin, RequestOrigin},
    provider::Provider,
    session::{Session, page_state},
    site::AppPages,
};
use auth_types::{AppInfo, CurrentSession, PageContext, Pages, SessionState, TabFacts};
use axum::{
    Extension,
    extract::{Request, State},
    middleware::Next,
    response::Response,
};
use futures::future::join_all;

/// Middleware for the routes that Leptos renders: puts a [`PageContext`] into the request's extensions.
pub async fn provide_page_context(
    State(auth): State<Auth>,
    RequestOrigin(origin): RequestOrigin,
    Extension(current): Extension<CurrentSession<Session>>,
    mut request: Request,
    next: Next,
) -> Response {
    // Only the sign-in page waits until the providers are checked. Other pages use the last known result.
    let public = request.extensions().get::<AppPages>().map_or(&[][..], |site| site.public.pages);
    let waits = request.uri().path() == auth.pages().login;
    let context = page_context(&auth, &origin, &current, waits).await;
    let context = PageContext { public, ..context };
    request.extensions_mut().insert(context);
    next.run(request).await
}

/// Returns the origins that the hidden frame of the session check passes on a page at `origin`: those of identity
/// and of the providers. A provider's endpoints are included once its metadata is known.
fn frame_origins(auth: &Auth, origin: &Origin) -> Vec<String> {
    let identity = auth.identity_origins().canonical();
    let frames_at = auth.identity_origins().nearest(origin).filter(|frames_at| Some(*frames_at) != identity);
    let ours = identity.into_iter().chain(frames_at).map(ToString::to_string);
    ours.chain(auth.providers().iter().flat_map(Provider::origins)).collect()
}

async fn page_context(
    auth: &Auth,
    origin: &Origin,
    current: &CurrentSession<Session>,
    waits: bool,
) -> PageContext {
    // First, because `Provider::view` may fetch the metadata that `frame_origins` reads.
    let providers = if waits {
        join_all(auth.providers().iter().map(Provider::view)).await
    } else {
        auth.providers().iter().map(Provider::last_known_view).collect()
    };
    let frame_origins = frame_origins(auth, origin);
    let identity = auth.identity_origins().canonical().map(ToString::to_string);
    let frames_at = auth.identity_origins().nearest(origin);
    let live = current.as_ref().ok().and_then(SessionState::session);
    let tab = TabFacts {
        hub: frames_at.filter(|hub| hub.is_same_site(origin)).map(ToString::to_string),
        ..auth.sessions().tab_facts(live.map(|session| &*session.record))
    };
    PageContext {
        app: AppInfo {
            name: auth.app_name().clone(),
            origin: origin.to_string(),
            identity_origin: identity,
            notice: auth.notice().clone(),
            accent: *auth.accent(),
        },
        session: page_state(current),
        providers,
        frame_origins,
        pages: Pages::clone(auth.pages()),
        public: &[],
        tab,
    }
}
