//! The session of an app with islands: the server renders the pages, and only islands run in the browser.
//!
//! Leptos never runs the app's root component in the browser then. So the session comes from the data that
//! [`SessionRoot`] writes, and the islands find it in the root owner.

use super::{
    IdleDialog, NavigationNotice, Seed, SessionEnded, SessionOptions, boundary::SessionMarker, shared,
};
use crate::{CheckSession, SignedOut};
use leptos::{island, prelude::*};
use serde::{Deserialize, Serialize};

/// The id of the script element with the data.
const DATA: &str = "session-data";

/// What the server tells the islands about the session. It cannot hold a token.
#[derive(Serialize, Deserialize)]
struct SessionData {
    seed: Seed,
    options: SessionOptions,
}

/// Carries the session to the islands of the page, and shows what there is to say about it: the notice of the link
/// guard, the warning before the idle limit, and the message after the end. Put it once on a page with islands, before
/// its content, below [`provide_session`](crate::provide_session).
///
/// When the session ends, `main` is removed, and everything marked `data-signed-in`: the server rendered it for the user.
/// When the same user signs in again, the page is loaded again.
#[component]
pub fn SessionRoot() -> impl IntoView {
    let shared = shared();
    let data = SessionData { seed: shared.seed.get_value(), options: shared.options };
    // Data cannot end the element: `<` is escaped.
    let json = serde_json::to_string(&data).unwrap_or_default().replace('<', "\\u003c");
    view! {
        <script type="application/json" id=DATA inner_html=json></script>
        <SessionMessages/>
    }
}

#[island]
fn SessionMessages() -> impl IntoView {
    let shared = shared();
    view! {
        <NavigationNotice/>
        <SignedOut><CheckSession/></SignedOut>
        <IdleDialog/>
        <SessionMarker/>
        {move || shared.ended.get().map(|_| view! { <SessionEnded/> })}
    }
}

/// Starts the islands of the page, with its session. An app's `hydrate` function calls this instead of
/// `leptos::mount::hydrate_islands`.
///
/// ```ignore
/// #[wasm_bindgen]
/// pub fn hydrate() {
///     auth_leptos::hydrate_islands();
/// }
/// ```
///
/// One watch serves all islands. It begins when all islands have started, so that each of them begins with what the
/// server rendered. A redirect of a server function is followed, although there is no router in the browser.
#[cfg(feature = "hydrate")]
pub fn hydrate_islands() {
    use super::{Shared, page};
    use crate::dom;

    // Creates the root owner, and makes it the current one.
    leptos::mount::hydrate_islands();
    let _ = leptos::server_fn::redirect::set_redirect_hook(follow);
    provide_form_error();
    let Some(SessionData { seed, options }) = data() else { return };
    let shared = Shared { is_islands: true, ..Shared::new(seed, options) };
    provide_context(shared);
    let Some(owner) = Owner::current() else { return };
    // Leptos starts the islands within the current task.
    dom::after(0, move || owner.with(|| page::start(shared)));
}

/// Follows a redirect of a server function, to a page only: never to `javascript:` or the like.
#[cfg(feature = "hydrate")]
fn follow(to: &str) {
    let location = window().location();
    let here = location.href().unwrap_or_default();
    let Ok(url) = leptos::web_sys::Url::new_with_base(to, &here) else { return };
    if matches!(url.protocol().as_str(), "http:" | "https:") {
        let _ = location.set_href(&url.href());
    }
}

/// A form that was posted before its island had started comes back with its error in the query. In an app with a router,
/// the router reads it.
#[cfg(feature = "hydrate")]
fn provide_form_error() {
    let search = window().location().search().unwrap_or_default();
    let Ok(query) = leptos::web_sys::UrlSearchParams::new_with_str(&search) else { return };
    if let (Some(path), Some(error)) = (query.get("__path"), query.get("__err")) {
        provide_context(leptos::server::ServerActionError::new(&path, &error));
    }
}

/// Reads the data; `None` on a page without [`SessionRoot`].
#[cfg(feature = "hydrate")]
fn data() -> Option<SessionData> {
    serde_json::from_str(&document().get_element_by_id(DATA)?.text_content()?).ok()
}

/// Removes what the server has rendered and written for the user, because the session has ended.
#[cfg(feature = "hydrate")]
pub(super) fn remove_content() {
    use crate::dom;

    for part in dom::private_parts() {
        part.remove();
    }
    if let Some(data) = document().get_element_by_id(DATA) {
        data.remove();
    }
    for island in dom::all("leptos-island[data-props]") {
        let _ = island.remove_attribute("data-props");
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        provide_session,
        testing::{page_with, render, signed_in},
    };

    fn rendered(name: &str) -> String {
        render(page_with(signed_in(name)), || {
            provide_session(SessionOptions::default());
            view! { <SessionRoot/> }
        })
    }

    #[test]
    fn the_data_reads_back_and_cannot_end_its_element() {
        let html = rendered("</script><b>Alice");
        let json = html.split_once("<script").and_then(|(_, rest)| rest.split_once('>'));
        let json = json.and_then(|(_, rest)| rest.split_once("</script>")).map(|(json, _)| json).unwrap();
        assert!(!json.contains('<'), "{json}");
        let data: SessionData = serde_json::from_str(json).unwrap();
        let session = data.seed.session.unwrap();
        assert_eq!(session.session().map(|session| session.user.name.as_str()), Some("</script><b>Alice"));
    }

    #[test]
    fn the_messages_are_an_island_without_props() {
        let html = rendered("Alice");
        assert_eq!(html.matches("<leptos-island").count(), 1, "{html}");
        assert!(!html.contains("data-props") && html.contains("idle-warning"), "{html}");
        assert!(!html.contains("You have been signed out"), "{html}");
    }
}
