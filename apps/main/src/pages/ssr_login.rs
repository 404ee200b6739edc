//! `/ssr-login`: sign-in with a plain form. Opening the page changes nothing; only the button's POST does.
//! The counterpart `/ssr-logout` is a page that all apps share, `auth_leptos::pages::SignOutPage`.

use auth_leptos::{
    Notice, SignInForms, SignedIn, auth,
    pages::{PageTitle, SessionUnavailable},
};
use leptos::prelude::*;

/// The sign-in page without JavaScript.
#[component]
pub(crate) fn SsrLogin() -> impl IntoView {
    view! {
        <PageTitle text="Sign in without JavaScript"/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>"Sign in without JavaScript"</h1>
                <p class="muted">
                    "This page loads no script. The button posts a form, and redirects do the rest. Opening "
                    "or prefetching this page does not sign you in."
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
