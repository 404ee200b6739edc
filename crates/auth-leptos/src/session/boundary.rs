//! Disposes what a user has seen when the session ends, and says why.

use super::shared;
use auth_types::EndReason;
use leptos::{
    children::{TypedChildrenFn, ViewFn},
    either::Either,
    prelude::*,
    reactive::owner::IsHydrating,
    tachys::reactive_graph::OwnedView,
};
use std::sync::Arc;

/// Shows its children while the session of the page goes on. When it ends, or another user signs in, the boundary
/// disposes everything that the children created (signals, resources, effects, timers, DOM) and shows why. The address
/// stays. When the same user signs in again in this browser, the children are made anew.
///
/// For a visitor who was signed out from the start, the children are shown: pages decide themselves what a guest sees.
///
/// Inside an island it shows nothing after the end, because [`SessionRoot`](crate::SessionRoot) says why. Each island that
/// shows something of the user needs its own boundary: nothing outside can dispose what an island has created.
#[component]
pub fn SessionBoundary<C: IntoView + 'static>(
    /// What to show after the end, instead of [`SessionEnded`], or of nothing in an island.
    #[prop(optional, into)]
    ended: Option<ViewFn>,
    /// The content.
    children: TypedChildrenFn<C>,
) -> impl IntoView {
    let shared = shared();
    // A memo, so that the children are not made anew while nothing has ended.
    let reason = Memo::new(move |_| shared.ended.get());
    let mut content = Content { children: children.into_inner(), owner: None };
    // Made here and not when the view is drawn: in an island, only what is made here gets its data from the server.
    let mut first = reason.get_untracked().is_none().then(|| content.make());
    // A closure is called twice for a page that waits for its data. On the server nothing ends, so there is none.
    let is_on_server = Owner::current_shared_context().is_some_and(|context| !context.is_browser());
    let is_in_island = use_context::<IsHydrating>().is_some_and(|island| island.0);
    view! {
        {(!is_in_island).then(|| view! { <SessionMarker/> })}
        {if cfg!(feature = "ssr") && is_on_server {
            Either::Left(first)
        } else {
            Either::Right(move || match (reason.get(), first.take()) {
                (None, Some(first)) => Either::Left(first),
                (None, None) => Either::Left(content.make()),
                (Some(_), _) => {
                    content.dispose();
                    Either::Right(match &ended {
                        Some(ended) => ended.run(),
                        None if is_in_island => ().into_any(),
                        None => view! { <SessionEnded/> }.into_any(),
                    })
                }
            })
        }}
    }
}

/// The children, and what they have created.
struct Content<C> {
    children: Arc<dyn Fn() -> View<C> + Send + Sync>,
    owner: Option<Owner>,
}

impl<C> Content<C> {
    fn make(&mut self) -> OwnedView<View<C>> {
        let owner = Owner::new();
        let view = owner.with(|| (self.children)());
        self.owner = Some(owner.clone());
        OwnedView::new_with_owner(view, owner)
    }

    /// Disposes signals, resources, effects and timers, before one of them can see that the session has ended.
    fn dispose(&mut self) {
        if let Some(owner) = self.owner.take() {
            owner.cleanup();
        }
    }
}

/// Says whether the watch runs, and that the page is covered while it asks the server.
#[component]
pub(super) fn SessionMarker() -> impl IntoView {
    let shared = shared();
    view! {
        <div class="session-watch" data-ready=move || shared.is_ready.get().then_some("true")>
            <p class="veil" role="status">"Checking your session…"</p>
        </div>
    }
}

/// Says that the session has ended, why, and how to go on.
#[component]
pub fn SessionEnded() -> impl IntoView {
    let shared = shared();
    let reason = shared.ended.get_untracked().unwrap_or(EndReason::Expired);
    let heading = NodeRef::<leptos::html::H1>::new();
    focus(heading);
    let path = here_with_fragment();
    let again = shared.pages().login_url(&path);
    view! {
        <main id="content">
            <div class="card narrow session-ended stack" role="alert">
                <h1 tabindex="-1" node_ref=heading>"You have been signed out"</h1>
                <p>
                    <span data-reason>{reason.sentence()}</span>
                    " This page opens again automatically when you sign in again in this browser."
                </p>
                <p class="row">
                    // `rel=external`: the router leaves these links to the browser.
                    <a class="button" rel="external" href=again>"Sign in again"</a>
                    {(reason == EndReason::UserChanged).then(|| view! {
                        <a class="button secondary" rel="external" href=path>"Go on as the other user"</a>
                    })}
                </p>
            </div>
        </main>
    }
}

/// Moves the focus to the heading, so that a screen reader and the keyboard start there.
fn focus(heading: NodeRef<leptos::html::H1>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if let Some(heading) = heading.get() {
            document().set_title("Signed out");
            let _ = heading.focus();
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = heading;
}

/// The path of the page with its query and, in the browser, its fragment.
fn here_with_fragment() -> String {
    #[cfg(feature = "hydrate")]
    return crate::links::here_with_fragment();
    #[cfg(all(feature = "ssr", not(feature = "hydrate")))]
    return crate::current_path_and_query();
}

/// The path of the page with its query.
pub(super) fn here() -> String {
    #[cfg(feature = "hydrate")]
    return crate::links::here();
    #[cfg(all(feature = "ssr", not(feature = "hydrate")))]
    return crate::current_path_and_query();
}
