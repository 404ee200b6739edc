//! The time left until the session ends.

use auth_leptos::{
    SessionBoundary,
    remaining::{remaining, seconds_left},
    use_session,
};
use leptos::{island, prelude::*};

/// Counts down to the end of the session. When the session is extended, in any tab, the countdown follows.
#[island]
pub(crate) fn Countdown() -> impl IntoView {
    view! { <SessionBoundary><TimeLeft/></SessionBoundary> }
}

#[component]
fn TimeLeft() -> impl IntoView {
    let left = use_session::<()>().time_left();
    let seconds = Memo::new(move |_| left.get().map(seconds_left));
    view! { <span class="countdown">{move || seconds.get().map(remaining)}</span> }
}
