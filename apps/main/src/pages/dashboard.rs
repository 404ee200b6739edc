//! `/dashboard`: the user's profile, and a number the app keeps in the session.

use super::parts::SignInFirst;
use crate::server_fns::{FAVOURITE_NUMBER, SaveFavouriteNumber, Saved};
use auth_types::PublicUser;
use auth_ui::{Notice, NoticeKind, Person, auth, pages::PageTitle};
use leptos::{prelude::*, server_fn::ServerFn};
use leptos_router::hooks::use_query_map;

/// The dashboard.
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    view! {
        <PageTitle text="Dashboard"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"Dashboard"</h1>
            <SignInFirst/>
            {auth().map(|session| view! {
                <section class="card" aria-label="You"><Person user=session.user.clone()/></section>
                <FavouriteNumber user=session.user/>
            })}
        </main>
    }
}

/// A plain form that posts to the server function's URL and comes back here.
#[component]
fn FavouriteNumber(user: PublicUser) -> impl IntoView {
    let number = user.data.get(FAVOURITE_NUMBER).and_then(|value| value.as_i64());
    let saved = use_query_map().read_untracked().get("saved").as_deref().and_then(Saved::parse);
    view! {
        <section class="card stack" aria-labelledby="number-title">
            <h2 id="number-title">"Your favourite number"</h2>
            <p>
                {match number {
                    Some(number) => view! { "It is " <strong>{number}</strong> "." }.into_any(),
                    None => view! { "You have not told us yet." }.into_any(),
                }}
            </p>
            {saved.map(|saved| view! { <Outcome saved/> })}
            <form method="post" action=SaveFavouriteNumber::url() class="stack">
                <div>
                    <label for="number">"Favourite number"</label>
                    <input
                        class="short"
                        id="number"
                        name="number"
                        type="number"
                        step="1"
                        min=i32::MIN.to_string()
                        max=i32::MAX.to_string()
                        required
                        value=number.map(|number| number.to_string())
                    />
                </div>
                <button type="submit" class="button">"Save"</button>
            </form>
            <p class="muted small">"It is kept in your session, on the server, and ends with it."</p>
        </section>
    }
}

#[component]
fn Outcome(saved: Saved) -> impl IntoView {
    let (kind, sentence) = match saved {
        Saved::Yes => (NoticeKind::Success, "Saved."),
        Saved::NotANumber => {
            (NoticeKind::Error, "That is not a whole number we can keep. Nothing was changed.")
        }
        Saved::Unavailable => {
            (NoticeKind::Error, "It could not be saved right now. Please try again in a moment.")
        }
    };
    view! { <Notice kind><p>{sentence}</p></Notice> }
}
