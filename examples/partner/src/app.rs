//! The root of the app.

use crate::pages::{
    Dashboard, Home, Login, NotFound, Notes, Number, Protected, Public, SessionPage, SignOut, SignedOutPage,
    SsrLogin,
};
use auth_leptos::{
    AfterEnd, CheckSession, Denied, GuardedParentRoute, GuardedRoute, IdleDialog, NavigationNotice,
    SessionBoundary, SessionOptions, SignOutButton, SignedOut, SiteNotice, provide_session, use_session,
};
use leptos::prelude::*;
use leptos_meta::{Title, provide_meta_context};
use leptos_router::{
    SsrMode,
    components::{A, Route, Router, Routes},
    hooks::use_location,
    path,
};

/// The whole app, rendered on the server and hydrated in the browser.
#[component]
pub fn App() -> impl IntoView {
    provide_meta_context();
    // First, so that server and browser begin with the same session.
    provide_session(session_options());
    view! {
        <Title formatter=|title| format!("{title} · Partner")/>
        <Router>
            <a class="skip-link" href="#content">"Skip to content"</a>
            <SiteNotice/>
            <Header/>
            <SignedOut><CheckSession/></SignedOut>
            <NavigationNotice/>
            <IdleDialog/>
            <SessionBoundary>
                <Pages/>
            </SessionBoundary>
        </Router>
    }
}

/// What the pages do when the session ends, and when a guest clicks a link to a guarded page. The operator chooses with
/// environment variables, so the server's choice travels in the page.
fn session_options() -> SessionOptions {
    SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        let is_set = |name, value| std::env::var(name).is_ok_and(|chosen| chosen == value);
        #[cfg(not(feature = "ssr"))]
        let is_set = |_, _| false;
        SessionOptions {
            ended: if is_set("PARTNER_ENDED", "reload") { AfterEnd::Reload } else { AfterEnd::Show },
            denied: if is_set("PARTNER_DENIED", "sign-in") { Denied::SignIn } else { Denied::Stay },
        }
    })
    .into_inner()
}

/// The routes. Public pages stand on the list in `main.rs` too, where the server's guard reads it.
#[component]
fn Pages() -> impl IntoView {
    view! {
        <main id="content" tabindex="-1">
            <Routes fallback=NotFound>
                <Route path=path!("/") view=Home ssr=SsrMode::Async/>
                <Route path=path!("/public") view=Public ssr=SsrMode::InOrder/>
                <Route path=path!("/login") view=Login ssr=SsrMode::Async/>
                <Route path=path!("/ssr-login") view=SsrLogin ssr=SsrMode::Async/>
                <Route path=path!("/ssr-logout") view=SignOut ssr=SsrMode::Async/>
                <Route path=path!("/signed-out") view=SignedOutPage ssr=SsrMode::Async/>
                <GuardedRoute path=path!("/protected") view=Protected ssr=SsrMode::Async/>
                // Streamed: the page arrives before what it must wait for. Without JavaScript that part stays a
                // placeholder, so the dashboard is streamed in order.
                <GuardedRoute path=path!("/session") view=SessionPage ssr=SsrMode::OutOfOrder/>
                <GuardedParentRoute path=path!("/dashboard") view=Dashboard ssr=SsrMode::InOrder>
                    <Route path=path!("") view=Notes/>
                    <Route path=path!("number") view=Number/>
                </GuardedParentRoute>
            </Routes>
        </main>
    }
}

/// The header: navigation and account. It stands outside the boundary, and follows the session.
#[component]
fn Header() -> impl IntoView {
    let session = use_session::<()>();
    let here = use_location();
    let back = move || {
        let path = here.pathname.get();
        // From the pages of sign-in and sign-out itself, a sign-in leads home.
        if ["/login", "/ssr-login", "/ssr-logout", "/signed-out"].contains(&path.as_str()) {
            return "/login".to_owned();
        }
        auth_types::Pages::default()
            .login_url(&[path, here.search.get()].join(if here.search.get().is_empty() { "" } else { "?" }))
    };
    view! {
        <header class="site-header">
            <A href="/" attr:class="brand">"Partner"</A>
            <nav aria-label="Main">
                <A href="/public">"Public"</A>
                <A href="/protected">"Protected"</A>
                <A href="/dashboard">"Dashboard"</A>
                <A href="/session">"Session"</A>
            </nav>
            <div class="account">
                {move || match session.user().get() {
                    Some(user) => view! {
                        <span class="name" title=user.name.clone()>{user.name.clone()}</span>
                        <SignOutButton class="secondary small"/>
                    }
                    .into_any(),
                    None if session.is_signed_in().get().is_none() => {
                        view! { <span class="badge warn">"Session unknown"</span> }.into_any()
                    }
                    None => view! { <a class="button small" rel="external" href=back>"Sign in"</a> }.into_any(),
                }}
            </div>
        </header>
    }
}

/// The document around every page.
#[cfg(feature = "ssr")]
pub fn shell(options: LeptosOptions) -> impl IntoView {
    document(options, true, || view! { <App/> }.into_any())
}

/// The document for an address without a page. It has no router, so that no spelling of an address shows a page.
#[cfg(feature = "ssr")]
pub fn not_found(options: LeptosOptions) -> impl IntoView {
    document(options, false, || {
        provide_meta_context();
        view! {
            <SiteNotice/>
            <main id="content"><NotFound/></main>
        }
        .into_any()
    })
}

#[cfg(feature = "ssr")]
fn document(options: LeptosOptions, hydrates: bool, app: impl FnOnce() -> AnyView) -> impl IntoView {
    use leptos_meta::{HashedStylesheet, MetaTags};

    // The policy allows the scripts of this answer only, and what the app adds.
    auth_leptos::send_policy(&options, &["font-src 'self'"]);
    view! {
        <!DOCTYPE html>
        <html lang="en">
            <head>
                <meta charset="utf-8"/>
                <meta name="viewport" content="width=device-width, initial-scale=1"/>
                <meta name="color-scheme" content="light dark"/>
                <HashedStylesheet options=options.clone()/>
                <link rel="icon" href="/favicon.svg" type="image/svg+xml"/>
                <AutoReload options=options.clone()/>
                {hydrates.then(|| view! { <HydrationScripts options/> })}
                <MetaTags/>
            </head>
            <body>{app()}</body>
        </html>
    }
}
