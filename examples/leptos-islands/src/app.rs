//! The pages. Only the server runs them.

use crate::islands::Greeting;
use auth_leptos::{
    Scripts, SessionOptions, SessionRoot, SignInButton, SignOutButton, SignedIn, SignedOut, document,
    pages::{LoginPage, SignedOutPage},
    provide_session,
};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The document of every page: Leptos' script for islands, and the policy that allows it.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, Scripts::Islands, || view! { <App/> })
}

/// The document for an address without a page.
pub fn not_found(options: LeptosOptions) -> impl IntoView {
    document(options, Scripts::None, || view! { <main id="content"><h1>"Page not found"</h1></main> })
}

/// The session and the routes.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session(SessionOptions::default());
    view! {
        // Carries the session to the islands, and shows what there is to say about it.
        <SessionRoot/>
        <Router>
            <FlatRoutes fallback=|| "Page not found">
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                <Route path=path!("/members") view=Members ssr=SsrMode::Async/>
                // Ready-made pages.
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("/signed-out") view=SignedOutPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}

#[component]
fn Home() -> impl IntoView {
    view! {
        <main id="content" class="stack">
            <h1>"A page with islands"</h1>
            <SignedOut><SignInButton callback_url="/members"/></SignedOut>
            <SignedIn><p><a href="/members">"For members"</a></p></SignedIn>
        </main>
    }
}

/// A page that needs a session: `main.rs` does not list it as public.
#[component]
fn Members() -> impl IntoView {
    view! {
        <main id="content" class="stack">
            <h1>"For members"</h1>
            <Greeting/>
            <SignOutButton/>
        </main>
    }
}
