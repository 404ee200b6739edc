//! What a page knows of the request it answers.
//!
//! The server resolves the session once, before Leptos runs, and provides a [`PageContext`] to every
//! page and every server function. Here it is read back. Route listing renders the app without any
//! request, so nothing here may insist on a context: without one the answer is "nobody is signed in".

use auth_types::{AppInfo, PageContext, Pages, PublicSession, SessionState};
use http::request::Parts;
use leptos::reactive::owner::with_context;

/// The session of the request that is being answered, as article 2's `locals.auth()`.
///
/// ```
/// use auth_ui::auth;
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
/// It is the same in a server function; one that needs a session begins with
/// [`require_auth`](crate::require_auth).
#[must_use]
pub fn auth() -> Option<PublicSession> {
    with_context(|page: &PageContext| page.session.session().cloned()).flatten()
}

/// Everything the page knows, or an empty page where there is no request.
///
/// ```
/// use auth_types::SessionState;
///
/// let page = auth_ui::page();
/// assert_eq!(page.session, SessionState::SignedOut(None));
/// ```
#[must_use]
pub fn page() -> PageContext {
    with_context(PageContext::clone).unwrap_or_else(|| PageContext {
        app: AppInfo { name: String::new(), origin: String::new(), identity_origin: None },
        session: SessionState::SignedOut(None),
        providers: Vec::new(),
        form_action: Vec::new(),
        pages: Pages::default(),
        public: &[],
        tab: None,
    })
}

/// The path of the request, without its query; `/` where there is no request.
#[must_use]
pub fn current_path() -> String {
    with_context(|parts: &Parts| parts.uri.path().to_owned()).unwrap_or_else(|| "/".to_owned())
}

/// The path of the request with its query, as a `callbackUrl` that leads back here.
#[must_use]
pub fn current_path_and_query() -> String {
    with_context(|parts: &Parts| parts.uri.path_and_query().map_or("/", |path| path.as_str()).to_owned())
        .unwrap_or_else(|| "/".to_owned())
}
