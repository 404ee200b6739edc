//! The stops of the tour and their chapters.

use crate::{
    STYLE_PATH,
    diagram::Diagram,
    source::{SOURCE_PAGE, is_known},
};
use auth::Auth;
use auth_types::{FlowKind, FlowTrace};
use http::request::Parts;
use leptos::prelude::*;
use leptos_meta::Stylesheet;

/// The heading of a stop or chapter.
#[derive(Clone, Copy, Debug)]
pub struct Heading {
    /// The id in the page.
    pub id: &'static str,
    /// The text.
    pub title: &'static str,
}

/// The tour: the list of chapters, and the chapters (`children`). The context needs an [`Auth`], which knows the visitor's
/// own flows.
#[component]
pub fn Tour(
    /// The headings of the chapters, in order.
    chapters: &'static [Heading],
    children: Children,
) -> impl IntoView {
    // Route listing renders the page without a request.
    let request = use_context::<Auth>().zip(use_context::<Parts>());
    provide_context(request.map(|(auth, request)| auth.flow_traces(&request)).unwrap_or_default());
    view! {
        <Stylesheet href=STYLE_PATH/>
        <div class="tour">
            <Contents chapters/>
            <div class="chapters">{children().into_any()}</div>
        </div>
    }
}

#[component]
fn Contents(chapters: &'static [Heading]) -> impl IntoView {
    let links = chapters.iter().map(|chapter| {
        view! { <li><a href=format!("#{}", chapter.id)>{chapter.title}</a></li> }
    });
    view! {
        <nav class="tour-contents" aria-labelledby="tour-contents">
            <h2 id="tour-contents">"The tour"</h2>
            <ol>{links.collect_view()}</ol>
        </nav>
    }
}

/// One article, with its stops.
#[component]
pub fn Chapter(
    /// The heading.
    heading: Heading,
    /// The article's number.
    number: u8,
    /// The article's address, if it is public.
    #[prop(optional)]
    article: Option<&'static str>,
    /// What the article is about.
    about: &'static str,
    children: Children,
) -> impl IntoView {
    let article = match article {
        Some(url) => view! { <a href=url rel="noopener">{format!("Article {number}")}</a> }.into_any(),
        None => view! { <span>{format!("Article {number}")}</span> }.into_any(),
    };
    view! {
        <section class="chapter stack" aria-labelledby=heading.id>
            <p class="chapter-number">{article}</p>
            <h2 id=heading.id tabindex="-1">{heading.title}</h2>
            <p class="lead">{about}</p>
            {children().into_any()}
        </section>
    }
}

/// One stop: the problem and what to try (`children`), what just happened, and the files that do it.
#[component]
pub fn Stop(
    /// The heading.
    heading: Heading,
    /// The kinds of flows whose newest trace the stop shows.
    #[prop(optional)]
    shows: &'static [FlowKind],
    /// What to do so that there is a trace.
    #[prop(optional)]
    placeholder: &'static str,
    /// The files, as paths in the repository.
    files: &'static [&'static str],
    children: Children,
) -> impl IntoView {
    view! {
        <section class="card stop stack" aria-labelledby=heading.id>
            <h3 id=heading.id tabindex="-1">{heading.title}</h3>
            {children().into_any()}
            {(!shows.is_empty()).then(|| view! { <WhatHappened shows placeholder/> }.into_any())}
            <Files files/>
        </section>
    }
}

#[component]
fn WhatHappened(shows: &'static [FlowKind], placeholder: &'static str) -> impl IntoView {
    let traces = use_context::<Vec<FlowTrace>>().unwrap_or_default();
    let newest = traces.into_iter().find(|trace| shows.contains(&trace.kind));
    let content = match newest {
        Some(trace) => view! { <Diagram trace/> }.into_any(),
        None => view! { <p class="muted">{placeholder}</p> }.into_any(),
    };
    view! {
        <div class="what-happened stack">
            <h4>"What just happened"</h4>
            {content}
        </div>
    }
}

#[component]
fn Files(files: &'static [&'static str]) -> impl IntoView {
    debug_assert!(files.iter().all(|file| is_known(file)), "a stop names a file that is not in SOURCES");
    let links = files.iter().map(|file| {
        view! { <li><a href=format!("{SOURCE_PAGE}?file={file}")><code>{*file}</code></a></li> }
    });
    view! {
        <div class="files small">
            <h4>"The code"</h4>
            <ul>{links.collect_view()}</ul>
        </div>
    }
}
