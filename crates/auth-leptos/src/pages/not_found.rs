//! The page for unknown paths.

use super::parts::PageTitle;
use leptos::prelude::*;
use leptos_meta::Meta;

/// The "Page not found" page. [`serve::pages`](crate::serve::pages) sends it with the status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <PageTitle text="Error 404: Page not found"/>
        <Meta name="robots" content="noindex"/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>"Page not found"</h1>
                <p class="lead">
                    "There is nothing at this address. Check it for typing errors, or go to the start page."
                </p>
                <p><a class="button" href="/">"Go to the start page"</a></p>
                <p class="muted small">"Error 404: " <code>"not_found"</code></p>
            </div>
        </main>
    }
}
