//! The routes of the identity app.

use crate::pages::Home;
use auth_leptos::{
    Header, NavLink, Scripts, document,
    pages::{LoginPage, NotFound, SignOutPage, SignedOutPage},
};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};
use tour::SourcePage;

const NAVIGATION: &[NavLink] = &[NavLink { path: "/", label: "Apps" }];

/// The HTML document of every page. No page loads a script.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, Scripts::None, || view! { <App/> })
}

/// The HTML document for an address without a page.
pub fn not_found(options: LeptosOptions) -> impl IntoView {
    document(options, Scripts::None, || {
        provide_meta_context();
        view! {
            <Header links=NAVIGATION/>
            <NotFound/>
        }
    })
}

/// The pages. Each is rendered in one piece, so its status and headers are right.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Header links=NAVIGATION/>
            <FlatRoutes fallback=|| view! { <NotFound/> }>
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("/ssr-logout") view=SignOutPage ssr=SsrMode::Async/>
                <Route path=path!("/signed-out") view=SignedOutPage ssr=SsrMode::Async/>
                <Route path=path!("/source") view=SourcePage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
