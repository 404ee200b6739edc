//! `/public`: one page, two readers. Article 2, "Handling Authorization Per Component".

use auth_ui::{
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
            <p class="lead">"Everybody may read this page. One part of it depends on who is reading."</p>
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
                "The server decides while it writes the page. What is not for you is not in its source, "
                "hidden or otherwise."
            </p>
        </main>
    }
}
