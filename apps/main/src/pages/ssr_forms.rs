//! `/ssr-login` and `/ssr-logout`: signing in and out with plain forms. Opening them changes nothing;
//! only the button's POST does.

use auth_ui::{
    Notice, SignInForms, SignOutForm, SignOutScope, SignedIn, SignedOut, auth,
    pages::{PageTitle, SessionUnavailable},
};
use leptos::prelude::*;

/// Signing in without JavaScript.
#[component]
pub(crate) fn SsrLogin() -> impl IntoView {
    view! {
        <PageTitle text="Sign in without JavaScript"/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>"Sign in without JavaScript"</h1>
                <p class="muted">
                    "This page loads no script. The button posts a form, and redirects do the rest. Opening "
                    "or prefetching this page signs nobody in."
                </p>
                <SessionUnavailable/>
                <SignedIn>
                    <Notice>
                        <p>"You are already signed in as "
                            <strong>{auth().map(|session| session.user.name)}</strong> "."</p>
                    </Notice>
                </SignedIn>
                <SignInForms callback_url="/"/>
            </div>
        </main>
    }
}

/// Signing out without JavaScript.
#[component]
pub(crate) fn SsrLogout() -> impl IntoView {
    view! {
        <PageTitle text="Sign out without JavaScript"/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>"Sign out without JavaScript"</h1>
                <p class="muted">
                    "This page loads no script. The button posts a form. Opening or prefetching this page "
                    "signs nobody out."
                </p>
                <SessionUnavailable/>
                <SignedIn>
                    <p>"Sign out here and at the provider:"</p>
                    <SignOutForm class="wide"/>
                    <p>"Or end this session and stay signed in at the provider:"</p>
                    <SignOutForm scope=SignOutScope::Local class="secondary wide"/>
                </SignedIn>
                <SignedOut>
                    <Notice><p>"You are not signed in. " <a href="/ssr-login">"Sign in"</a></p></Notice>
                </SignedOut>
            </div>
        </main>
    }
}
