//! The tour through the five articles, on the home page: one file a chapter.

mod failures;
mod handoff;
mod managing;
mod sharing;
mod single_session;
mod tabs;

use auth::Auth;
use auth_types::FlowTrace;
use http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Stylesheet;
use tour::{Contents, Heading, STYLE_PATH};

/// The chapters, in order.
const CHAPTERS: &[Heading] = &[
    sharing::CHAPTER,
    managing::CHAPTER,
    single_session::CHAPTER,
    tabs::CHAPTER,
    handoff::CHAPTER,
    failures::CHAPTER,
];

/// The list of chapters, and the chapters.
#[component]
pub(super) fn Tour() -> impl IntoView {
    provide_context(traces());
    // Each chapter is type-erased: the type of the whole page would exceed the compiler's limit.
    let chapters = [
        view! { <sharing::Sharing/> }.into_any(),
        view! { <managing::Managing/> }.into_any(),
        view! { <single_session::SingleSession/> }.into_any(),
        view! { <tabs::Tabs/> }.into_any(),
        view! { <handoff::Handoff/> }.into_any(),
        view! { <failures::Failures/> }.into_any(),
    ];
    view! {
        <Stylesheet href=STYLE_PATH/>
        <div class="tour">
            <Contents chapters=CHAPTERS/>
            <div class="chapters">{chapters.into_iter().collect_view()}</div>
        </div>
    }
}

/// The visitor's own flows, newest first.
fn traces() -> Vec<FlowTrace> {
    let request = use_context::<Parts>();
    use_context::<Auth>().zip(request).map(|(auth, request)| auth.flow_traces(&request)).unwrap_or_default()
}
