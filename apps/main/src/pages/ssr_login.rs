//! `/ssr-login`: signing in with a plain form. Opening it changes nothing; only the button's POST does.
//! Its counterpart `/ssr-logout` is a page that every app has, `auth_ui::pages::SignOutPage`.

use auth_ui::{
    Notice, SignInForms, SignedIn, auth,
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
