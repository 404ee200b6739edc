//! Parts that the pages share.

use crate::{Notice, NoticeKind, links::local_path, page};
use http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Title;
use url::form_urlencoded;

/// The document's title: the page's title, then the app's name.
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

/// Shows a notice while the session store does not answer.
#[component]
pub fn SessionUnavailable() -> impl IntoView {
    page().session.is_err().then(|| {
        view! {
            <Notice kind=NoticeKind::Warning>
                <p>"We cannot check your session right now. You have not been signed out; please try again in a moment."</p>
            </Notice>
        }
    })
}

/// Returns a query parameter, percent-decoded once. (The router's query map decodes twice on the server,
/// which turns a `%26` inside a return path into a separator.)
pub(super) fn query(name: &str) -> Option<String> {
    let parts = use_context::<Parts>()?;
    let (_, value) =
        form_urlencoded::parse(parts.uri.query()?.as_bytes()).find(|(known, _)| known == name)?;
    Some(value.into_owned())
}

/// Returns the query parameter `callbackUrl`, if it is a local path.
pub(super) fn callback_url() -> Option<String> {
    query("callbackUrl").as_deref().and_then(local_path).map(str::to_owned)
}
