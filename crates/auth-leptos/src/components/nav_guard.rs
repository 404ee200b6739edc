//! The message of the navigation guard.

use crate::page;
use auth_types::PageContext;
use leptos::prelude::*;

/// Explains on the current page why a protected page did not open. The browser checks the session before it
/// follows a link to a protected page (article 2, "Handling Authorization Per Route").
///
/// Put this component once on a page, where the explanation should appear. The browser code sets `data-ready`
/// when the guard is active.
#[component]
pub fn NavGuard() -> impl IntoView {
    let PageContext { pages, public, .. } = page();
    view! {
        <div
            class="guard-message"
            aria-live="polite"
            data-nav-guard
            data-login=pages.login.clone()
            data-public=public.join(" ")
        ></div>
        <template id="nav-guard">
            <div class="notice warning stack">
                <h2>"Please sign in to continue"</h2>
                <p>
                    "You are not signed in, or your session has ended. " <code data-path></code>
                    " opens after you sign in."
                </p>
                <p><a class="button" href=pages.login>"Go to sign-in"</a></p>
            </div>
        </template>
    }
}
