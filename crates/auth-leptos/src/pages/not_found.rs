//! The page for unknown paths.

use super::parts::PageTitle;
use http::StatusCode;
use leptos::prelude::*;
use leptos_axum::ResponseOptions;

/// The "Page not found" page; sets the status 404.
#[component]
pub fn NotFound() -> impl IntoView {
    if let Some(response) = use_context::<ResponseOptions>() {
        response.set_status(StatusCode::NOT_FOUND);
    }
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
