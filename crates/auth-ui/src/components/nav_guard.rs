//! What the guard of the navigation may come to say.

use leptos::prelude::*;

/// Explains, in place, why a protected page did not open: the browser asks whether the session lives before
/// it follows a link there (article 2, "Handling Authorization Per Route").
///
/// Put it once on a page, where the explanation should appear. `data-ready` is set when it is watching.
#[component]
pub fn NavGuard() -> impl IntoView {
    view! {
        <div class="guard-message" aria-live="polite" data-nav-guard></div>
        <template id="nav-guard">
            <div class="notice warning stack">
                <h2>"Please sign in to continue"</h2>
                <p>
                    "You are not signed in, or your session has ended. " <code data-path></code>
                    " opens after you sign in."
                </p>
                <p><a class="button" href="/login">"Go to sign-in"</a></p>
            </div>
        </template>
    }
}
