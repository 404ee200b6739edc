//! The request context of pages and server functions.
//!
//! The server resolves the session once, before Leptos runs, and provides a [`PageContext`] to every
//! page and every server function. The functions in this module read that context. Route listing renders
//! the app without a request, so no function may require a context. Without a context, the visitor counts
//! as signed out.

use auth_types::{Accent, AppInfo, PageContext, Pages, PublicSession, SessionState, TabFacts};
use http::request::Parts;
use leptos::reactive::owner::with_context;

/// Returns the session of the current request, like `locals.auth()` in article 2.
///
/// ```
/// use auth_leptos::auth;
/// use leptos::prelude::*;
///
/// #[component]
/// fn Greeting() -> impl IntoView {
///     match auth() {
///         Some(session) => format!("Hello, {}", session.user.name),
///         None => "Hello, stranger".to_owned(),
///     }
/// }
/// ```
///
/// `auth` also works in a server function. A server function that needs a session starts with
/// [`require_auth`](crate::require_auth).
#[must_use]
pub fn auth() -> Option<PublicSession> {
    with_context(|page: &PageContext| page.live_session().map(|live| live.session.clone())).flatten()
}

/// Returns the page's context, or an empty context without a request.
///
/// ```
/// use auth_types::SessionState;
///
/// let page = auth_leptos::page();
/// assert_eq!(page.session, Ok(SessionState::SignedOut(None)));
/// ```
#[must_use]
pub fn page() -> PageContext {
    with_context(PageContext::clone).unwrap_or_else(|| PageContext {
        app: AppInfo {
            name: String::new(),
            origin: String::new(),
            identity_origin: None,
            notice: None,
            accent: Accent::default(),
        },
        session: Ok(SessionState::SignedOut(None)),
        providers: Vec::new(),
        frame_origins: Vec::new(),
        pages: Pages::default(),
        public: &[],
        tab: TabFacts::default(),
    })
}

/// Returns the path of the request, without its query; `/` without a request.
#[must_use]
pub fn current_path() -> String {
    with_context(|parts: &Parts| parts.uri.path().to_owned()).unwrap_or_else(|| "/".to_owned())
}

/// Returns the path of the request with its query, as a `callbackUrl` that leads back to this page; `/`
/// without a request.
#[must_use]
pub fn current_path_and_query() -> String {
    with_context(|parts: &Parts| parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned())
        .unwrap_or_else(|| "/".to_owned())
}
