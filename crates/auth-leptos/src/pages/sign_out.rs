//! `/ssr-logout`: the page with the sign-out form. `GET /auth/signout` redirects here.

use super::parts::{PageTitle, SessionUnavailable, callback_url};
use crate::{Notice, SignOutButton, SignOutScope, SignedIn, SignedOut, page};
use leptos::prelude::*;

/// Two sign-out forms: with the provider, or this app only.
#[component]
pub fn SignOutPage() -> impl IntoView {
    let after = callback_url().unwrap_or_else(|| page().pages.signed_out);
    view! {
        <PageTitle text="Sign out"/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>"Sign out"</h1>
                <p class="muted">
                    "This page loads no script: each button posts a form. Opening this page changes nothing."
                </p>
                <SessionUnavailable/>
                <SignedIn>
                    <p>"Sign out here and at the provider:"</p>
                    <SignOutButton class="wide" callback_url=after.clone()/>
                    <p>"Or end this session and stay signed in at the provider:"</p>
                    <SignOutButton
                        scope=SignOutScope::Local
                        class="secondary wide"
                        callback_url=after.clone()
                    />
                </SignedIn>
                <SignedOut>
                    <Notice><p>"You are not signed in. " <a href=page().pages.login>"Sign in"</a></p></Notice>
                </SignedOut>
            </div>
        </main>
    }
}
