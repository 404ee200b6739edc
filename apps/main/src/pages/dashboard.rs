//! `/dashboard`: the user's profile, and a number the app keeps in the session.

use super::parts::SignInFirst;
use crate::islands::{FavouriteNumber, SaveOutcome};
use auth_leptos::{Notice, NoticeKind, Person, auth, pages::PageTitle};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The dashboard.
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    view! {
        <PageTitle text="Dashboard"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"Dashboard"</h1>
            <SignInFirst/>
            {auth().map(|session| vec![
                // Type-erased, as on the session page: the type of a long page exceeds the compiler's limit.
                view! { <section class="card" aria-label="You"><Person user=session.user.clone()/></section> }
                    .into_any(),
                view! { <YourNumber/> }.into_any(),
            ])}
        </main>
    }
}

#[component]
fn YourNumber() -> impl IntoView {
    let saved = use_query_map().read_untracked().get("saved").as_deref().and_then(SaveOutcome::parse);
    view! {
        <section class="card stack" aria-labelledby="number-title">
            <h2 id="number-title">"Your favourite number"</h2>
            {saved.map(|saved| view! { <Outcome saved/> })}
            <FavouriteNumber/>
            <p class="muted small">"The number is stored on the server, in your session. It is deleted when the session ends."</p>
        </section>
    }
}

/// What a form without JavaScript has done.
#[component]
fn Outcome(saved: SaveOutcome) -> impl IntoView {
    let kind = if saved == SaveOutcome::Yes { NoticeKind::Success } else { NoticeKind::Error };
    view! { <Notice kind><p>{saved.sentence()}</p></Notice> }
}
