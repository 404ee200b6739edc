//! `/protected`: for signed-in users only. The guard on the server refuses other visitors before this page
//! renders. The component checks again, so that a gap in the guard would show a notice and no content.

use super::parts::SignInFirst;
use auth_leptos::{SignedIn, auth, pages::PageTitle};
use leptos::prelude::*;

/// The protected page.
#[component]
pub(crate) fn Protected() -> impl IntoView {
    view! {
        <PageTitle text="Protected"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"Protected"</h1>
            <SignInFirst/>
            <SignedIn>
                <p class="lead">
                    "Only signed-in users see this page. You are "
                    <strong>{auth().map(|session| session.user.name)}</strong> "."
                </p>
                <section class="card stack" aria-labelledby="how">
                    <h2 id="how">"What keeps others out"</h2>
                    <ul>
                        <li>"Open this address while signed out: the server redirects you to the sign-in page and sends no content."</li>
                        <li>"Follow a link to this page while signed out: the browser asks the server first, stays where it is and tells you why."</li>
                        <li>"Sign out in another tab and reload: the session has ended on the server, even if a cookie is left."</li>
                    </ul>
                </section>
            </SignedIn>
        </main>
    }
}
