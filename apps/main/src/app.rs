//! The routes of the main app.

use crate::pages::{Dashboard, Home, Protected, Public, Session, SsrLogin};
use auth_ui::{
    Header, NavLink, Scripts, current_path, document,
    pages::{LoginPage, NotFound, SignOutPage, SignedOutPage},
};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};

/// The pages where something runs in the browser. All others load neither script nor WebAssembly.
const PAGES_WITH_SCRIPTS: [&str; 5] = ["/", "/public", "/protected", "/dashboard", "/session"];

const NAVIGATION: &[NavLink] = &[
    NavLink { path: "/", label: "Home" },
    NavLink { path: "/public", label: "Public" },
    NavLink { path: "/protected", label: "Protected" },
    NavLink { path: "/dashboard", label: "Dashboard" },
    NavLink { path: "/session", label: "Session" },
];

/// The HTML document of every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let is_awake = PAGES_WITH_SCRIPTS.contains(&current_path().as_str());
    let scripts = if is_awake { Scripts::Session } else { Scripts::None };
    document(options, scripts, || view! { <App/> })
}

/// The HTML document of every address that has no page.
pub fn not_found(options: LeptosOptions) -> impl IntoView {
    document(options, Scripts::None, || {
        provide_meta_context();
        view! {
            <Header links=NAVIGATION/>
            <NotFound/>
        }
    })
}

/// The pages. All of them are rendered in one piece (`SsrMode::Async`), so that status and headers are
/// right and the page is whole without JavaScript.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Header links=NAVIGATION/>
            <FlatRoutes fallback=|| view! { <NotFound/> }>
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                <Route path=path!("/public") view=Public ssr=SsrMode::Async/>
                <Route path=path!("/protected") view=Protected ssr=SsrMode::Async/>
                <Route path=path!("/dashboard") view=Dashboard ssr=SsrMode::Async/>
                <Route path=path!("/session") view=Session ssr=SsrMode::Async/>
                <Route path=path!("/login") view=LoginPage ssr=SsrMode::Async/>
                <Route path=path!("/ssr-login") view=SsrLogin ssr=SsrMode::Async/>
                <Route path=path!("/ssr-logout") view=SignOutPage ssr=SsrMode::Async/>
                <Route path=path!("/signed-out") view=SignedOutPage ssr=SsrMode::Async/>
            </FlatRoutes>
        </Router>
    }
}
