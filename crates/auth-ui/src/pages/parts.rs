//! What pages have in common.

use crate::{Notice, NoticeKind, links::local_path, page};
use auth_types::SessionState;
use leptos::prelude::*;
use leptos_meta::Title;
use leptos_router::hooks::use_query_map;

/// The document's title: the page's, then the app's name.
#[component]
pub fn PageTitle(
    /// The page's own title.
    #[prop(into)]
    text: String,
) -> impl IntoView {
    let app = page().app.name;
    let text = if app.is_empty() { text } else { format!("{text} · {app}") };
    view! { <Title text/> }
}

/// A notice while the session store does not answer, and nothing otherwise.
#[component]
pub fn SessionUnavailable() -> impl IntoView {
    matches!(page().session, SessionState::Unavailable).then(|| {
        view! {
            <Notice kind=NoticeKind::Warning>
                <p>"We cannot check your session right now. You have not been signed out; please try again in a moment."</p>
            </Notice>
        }
    })
}

/// A parameter of the query, percent-decoded.
pub(super) fn query(name: &str) -> Option<String> {
    use_query_map().read_untracked().get(name)
}

/// `callbackUrl` where it stays on this app.
pub(super) fn callback_url() -> Option<String> {
    query("callbackUrl").as_deref().and_then(local_path).map(str::to_owned)
}
