//! `/public`: one page with a part for guests and a part for signed-in users. Article 2, "Handling
//! Authorization Per Component".

use auth_leptos::{
    SignedIn, SignedOut, auth,
    links::sign_in_url,
    pages::{PageTitle, SessionUnavailable},
};
use leptos::prelude::*;

/// The public page.
#[component]
pub(crate) fn Public() -> impl IntoView {
    view! {
        <PageTitle text="Public"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"Public"</h1>
            <p class="lead">"Everyone can read this page. One part of it depends on whether you are signed in."</p>
            <SessionUnavailable/>
            <SignedIn>
                <section class="card stack" aria-labelledby="members">
                    <h2 id="members">"For signed-in readers"</h2>
                    <p>
                        "Hello, " {auth().map(|session| session.user.name)} ". "
                        "This card was written because you are signed in."
                    </p>
                </section>
            </SignedIn>
            <SignedOut>
                <section class="card stack" aria-labelledby="guests">
                    <h2 id="guests">"For guests"</h2>
                    <p>"There is more on this page for signed-in readers."</p>
                    <p><a class="button" href=sign_in_url("/public")>"Sign in"</a></p>
                </section>
            </SignedOut>
            <p class="muted">
                "The server decides this when it renders the page. The page source does not contain the other part, "
                "not even hidden."
            </p>
        </main>
    }
}
