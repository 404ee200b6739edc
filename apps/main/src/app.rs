//! The pages of the main app. One table defines the routes, the public paths, the navigation and the scripts.

use crate::pages::{Dashboard, Home, Protected, Public, Session, SsrLogin};
use auth_leptos::{
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
use std::sync::LazyLock;

/// One row of [`PAGES`].
struct Page {
    path: &'static str,
    /// Whether the page opens without a session.
    is_public: bool,
    /// Whether the page runs code in the browser. Other pages load neither script nor WebAssembly.
    is_awake: bool,
    /// The label in the navigation; `None` leaves the page out.
    label: Option<&'static str>,
}

/// Defines [`PAGES`] and the routes. Every page is rendered in one piece (`SsrMode::Async`). So its status
/// and headers are right, and it is complete without JavaScript.
macro_rules! pages {
    ($($path:tt $view:ident { public: $public:literal, awake: $awake:literal, label: $label:expr })*) => {
        const PAGES: &[Page] =
            &[$(Page { path: $path, is_public: $public, is_awake: $awake, label: $label }),*];

        #[component]
        fn Pages() -> impl IntoView {
            view! {
                <FlatRoutes fallback=|| view! { <NotFound/> }>
                    $(<Route path=path!($path) view=$view ssr=SsrMode::Async/>)*
                </FlatRoutes>
            }
        }
    };
}

pages! {
    "/"           Home          { public: true,  awake: true,  label: Some("Home") }
    "/public"     Public        { public: true,  awake: true,  label: Some("Public") }
    "/protected"  Protected     { public: false, awake: true,  label: Some("Protected") }
    "/dashboard"  Dashboard     { public: false, awake: true,  label: Some("Dashboard") }
    "/session"    Session       { public: false, awake: true,  label: Some("Session") }
    "/login"      LoginPage     { public: true,  awake: false, label: None }
    "/ssr-login"  SsrLogin      { public: true,  awake: false, label: None }
    "/ssr-logout" SignOutPage   { public: true,  awake: false, label: None }
    "/signed-out" SignedOutPage { public: true,  awake: false, label: None }
}

/// The paths of the pages that open without a session.
pub static PUBLIC_PAGES: [&str; 6] = public_pages();

const fn public_pages<const N: usize>() -> [&'static str; N] {
    let (mut found, mut count, mut row) = ([""; N], 0, 0);
    while row < PAGES.len() {
        if PAGES[row].is_public {
            found[count] = PAGES[row].path;
            count += 1;
        }
        row += 1;
    }
    assert!(count == N, "PUBLIC_PAGES needs one entry for each public page");
    found
}

static NAVIGATION: LazyLock<Vec<NavLink>> = LazyLock::new(|| {
    PAGES.iter().filter_map(|page| Some(NavLink { path: page.path, label: page.label? })).collect()
});

/// The HTML document of every page.
pub fn shell(options: LeptosOptions) -> impl IntoView {
    let path = current_path();
    let is_awake = PAGES.iter().any(|page| page.path == path && page.is_awake);
    let scripts = if is_awake { Scripts::Session } else { Scripts::None };
    document(options, scripts, || view! { <App/> })
}

/// The HTML document for an address without a page.
pub fn not_found(options: LeptosOptions) -> impl IntoView {
    document(options, Scripts::None, || {
        provide_meta_context();
        view! {
            <Header links=NAVIGATION.as_slice()/>
            <NotFound/>
        }
    })
}

/// The header and the routed page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    view! {
        <Router>
            <Header links=NAVIGATION.as_slice()/>
            <Pages/>
        </Router>
    }
}
