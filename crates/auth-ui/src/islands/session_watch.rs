//! A tab that notices when its session ends, wherever that happened.
//!
//! One tab of an origin listens to `GET /auth/events` and passes on what it hears; which one, the browser's
//! lock manager decides, so that a closed or crashed tab is replaced by the next.

#[cfg(feature = "hydrate")]
mod browser;
#[cfg(feature = "hydrate")]
mod stream;

#[cfg(feature = "hydrate")]
pub(super) use browser::CHANGED;

use crate::links::login_url;
use auth_types::EndReason;
use leptos::prelude::*;

/// Watches the session of the page. When it ends, the page's content goes and an explanation comes, with
/// the way back in; the address stays. When the same user signs in again in this browser, the page comes
/// back by itself.
///
/// Put it once on a page that was written for a signed-in user.
#[island]
pub fn SessionWatch(
    /// The id of the user the page was written for.
    user: String,
    /// Where the page is, with its query: the way back.
    path: String,
) -> impl IntoView {
    let ended = RwSignal::new(None::<EndReason>);
    let ready = RwSignal::new(false);
    let heading = NodeRef::<leptos::html::H1>::new();
    #[cfg(feature = "hydrate")]
    {
        let user = StoredValue::new(user);
        Effect::new(move |_| {
            user.with_value(|user| browser::watch(user, ended));
            ready.set(true);
        });
        Effect::new(move |_| {
            if let (Some(_), Some(heading)) = (ended.get(), heading.get()) {
                let _ = heading.focus();
            }
        });
    }
    #[cfg(not(feature = "hydrate"))]
    drop(user);
    let again = login_url(&path);
    let explain = move |reason: EndReason| {
        let other = (reason == EndReason::UserChanged)
            .then(|| view! { <a class="button secondary" href=path.clone()>"Go on as the other user"</a> });
        view! {
            <div class="session-ended stack">
                <h1 tabindex="-1" node_ref=heading>"You have been signed out"</h1>
                <p>{reason.sentence()} " This page opens again by itself when you sign in in another tab."</p>
                <p class="row"><a class="button" href=again.clone()>"Sign in again"</a> {other}</p>
            </div>
        }
    };
    view! {
        <div class="session-watch" role="alert" data-ready=move || ready.get().then_some("true")>
            {move || ended.get().map(explain.clone())}
        </div>
    }
}
