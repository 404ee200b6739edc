//! The pages of the main app. One table defines the routes, the public paths, the navigation and the scripts.

use crate::pages::{Dashboard, Home, Protected, Public, Session, SsrLogin};
use auth_leptos::{
    Header, NavLink, Scripts, SessionOptions, current_path, document,
    pages::{LoginPage, NotFound, SignOutPage, SignedOutPage},
    provide_session,
};
use leptos::{config::LeptosOptions, prelude::*};
use leptos_meta::provide_meta_context;
use leptos_router::{
    SsrMode,
    components::{FlatRoutes, Route, Router},
    path,
};
use std::sync::LazyLock;
use tour::SourcePage;

/// One row of [`PAGES`].
struct Page {
    path: &'static str,
    /// Whether the page opens without a session.
    is_public: bool,
    /// What the page runs in the browser.
    scripts: Scripts,
    /// The label in the navigation; `None` leaves the page out.
    label: Option<&'static str>,
}

/// Defines [`PAGES`] and the routes. Every page is rendered in one piece (`SsrMode::Async`). So its status
/// and headers are right, and it is complete without JavaScript.
macro_rules! pages {
    ($($path:tt $view:ident { public: $public:literal, scripts: $scripts:ident, label: $label:expr })*) => {
        const PAGES: &[Page] =
            &[$(Page { path: $path, is_public: $public, scripts: Scripts::$scripts, label: $label }),*];

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
    "/"           Home          { public: true,  scripts: Watch,   label: Some("Home") }
    "/public"     Public        { public: true,  scripts: Watch,   label: Some("Public") }
    "/protected"  Protected     { public: false, scripts: Watch,   label: Some("Protected") }
    "/dashboard"  Dashboard     { public: false, scripts: Islands, label: Some("Dashboard") }
    "/session"    Session       { public: false, scripts: Islands, label: Some("Session") }
    "/login"      LoginPage     { public: true,  scripts: None,    label: None }
    "/ssr-login"  SsrLogin      { public: true,  scripts: None,    label: None }
    "/ssr-logout" SignOutPage   { public: true,  scripts: None,    label: None }
    "/signed-out" SignedOutPage { public: true,  scripts: None,    label: None }
    "/source"     SourcePage    { public: true,  scripts: None,    label: None }
}

/// The paths of the pages that open without a session.
pub static PUBLIC_PAGES: [&str; 7] = public_pages();

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
    let scripts = PAGES.iter().find(|page| page.path == path).map_or(Scripts::None, |page| page.scripts);
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

/// The header and the routed page. Only the server runs it; the browser runs the islands of the page.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    provide_session(SessionOptions::default());
    view! {
        <Router>
            <Header links=NAVIGATION.as_slice()/>
            <Pages/>
        </Router>
    }
}
