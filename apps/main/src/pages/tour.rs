//! The tour through the five articles, on the home page: one file a chapter.

mod failures;
mod handoff;
mod managing;
mod sharing;
mod single_session;
mod tabs;

use leptos::prelude::*;
use tour::{Heading, Tour};

/// The chapters, in order.
const CHAPTERS: &[Heading] = &[
    sharing::CHAPTER,
    managing::CHAPTER,
    single_session::CHAPTER,
    tabs::CHAPTER,
    handoff::CHAPTER,
    failures::CHAPTER,
];

/// The tour of the main app.
#[component]
pub(super) fn MainTour() -> impl IntoView {
    // Each chapter is type-erased: the type of the whole page would exceed the compiler's limit.
    view! {
        <Tour chapters=CHAPTERS>
            {view! { <sharing::Sharing/> }.into_any()}
            {view! { <managing::Managing/> }.into_any()}
            {view! { <single_session::SingleSession/> }.into_any()}
            {view! { <tabs::Tabs/> }.into_any()}
            {view! { <handoff::Handoff/> }.into_any()}
            {view! { <failures::Failures/> }.into_any()}
        </Tour>
    }
}
