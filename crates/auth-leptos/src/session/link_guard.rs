//! Before the browser follows a link to a guarded page, it asks the server (article 2's `beforeNavigate`, see
//! `docs/articles.md`).

use super::shared;
use leptos::prelude::*;

/// Says which guarded page did not open, with a way to sign in. Put it once where the message should appear.
///
/// [`provide_session`](crate::provide_session) installs the guard itself: it holds a click on a link to a page that is
/// not public until the server has answered. `navigate()` and Back have no such moment; there
/// [`GuardedRoute`](crate::GuardedRoute) shows its fallback.
#[component]
pub fn NavigationNotice() -> impl IntoView {
    let shared = shared();
    let pages = shared.pages();
    view! {
        <div
            class="guard-message"
            aria-live="polite"
            data-nav-guard
            data-ready=move || shared.is_ready.get().then_some("true")
        >
            {move || shared.denied.get().map(|path| view! {
                <div class="notice warning stack">
                    <h2>"Please sign in to continue"</h2>
                    <p>
                        "You are not signed in, or your session has ended. " <code data-path>{path.clone()}</code>
                        " opens after you sign in."
                    </p>
                    <p><a class="button" rel="external" href=pages.login_url(&path)>"Go to sign-in"</a></p>
                </div>
            })}
        </div>
    }
}
