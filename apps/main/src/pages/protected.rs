//! `/protected`: for signed-in users. The server's gate answers everybody else before this renders;
//! the component asks once more, so that a hole in the gate would show a notice and no content.

use super::parts::SignInFirst;
use auth_ui::{SignedIn, auth, pages::PageTitle};
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
                        <li>"Open its address signed out: the server answers with a redirect to the sign-in page and an empty body."</li>
                        <li>"Follow a link to it signed out: the browser asks the server first and tells you why it stays."</li>
                        <li>"Sign out in another tab and reload: the session is over at once, whatever cookie is left."</li>
                    </ul>
                </section>
            </SignedIn>
        </main>
    }
}
