//! The pages of the main app: one table, from which everything else follows.

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
use std::sync::LazyLock;

/// One row of the table.
struct Page {
    path: &'static str,
    /// Whether everybody may open it. All others need a session.
    is_public: bool,
    /// Whether something runs in the browser. All others load neither script nor WebAssembly.
    is_awake: bool,
    /// What the navigation calls it; not there without a name.
    label: Option<&'static str>,
}

/// Makes [`PAGES`] and the routes to them. All are rendered in one piece (`SsrMode::Async`), so that status and headers
/// are right and the page is whole without JavaScript.
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

/// The pages that everybody may open.
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
    assert!(count == N, "as many as the table has");
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

/// The HTML document of every address that has no page.
pub fn not_found(options: LeptosOptions) -> impl IntoView {
    document(options, Scripts::None, || {
        provide_meta_context();
        view! {
            <Header links=NAVIGATION.as_slice()/>
            <NotFound/>
        }
    })
}

/// The pages, with what stands above each.
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
