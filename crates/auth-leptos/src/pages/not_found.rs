//! The page for unknown paths.

use super::parts::PageTitle;
use leptos::prelude::*;

/// The "Page not found" page. [`serve::pages`](crate::serve::pages) sends it with the status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    view! {
        <PageTitle text="Page not found"/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>"Page not found"</h1>
                <p class="lead">"There is nothing at this address."</p>
                <p><a class="button" href="/">"Home"</a></p>
            </div>
        </main>
    }
}
