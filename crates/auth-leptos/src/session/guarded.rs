//! Routes of leptos_router that need a session.

use super::shared;
use leptos::{children::ViewFn, prelude::*};
use leptos_router::{
    MatchNestedRoutes, NestedRoute, PossibleRouteMatch, SsrMode, components::RouteChildren,
    hooks::use_location,
};

/// Says that the page needs a session, with a way to sign in. A guarded route shows it in the place of its view.
///
/// # Panics
/// Outside a `Router`.
#[component]
pub fn SignInNotice() -> impl IntoView {
    let pages = shared().pages();
    let location = use_location();
    // A parent route keeps its notice while the address of its child route changes.
    let login = move || {
        let (path, search, hash) = (location.pathname.get(), location.search.get(), location.hash.get());
        let query = if search.is_empty() { search } else { format!("?{search}") };
        pages.login_url(&format!("{path}{query}{hash}"))
    };
    view! {
        <div class="notice warning stack" role="alert">
            <h2>"Please sign in to continue"</h2>
            <p>"This page opens after you sign in."</p>
            <p><a class="button" rel="external" href=login>"Go to sign-in"</a></p>
        </div>
    }
}

/// The view, or the fallback without a session. It follows the session.
pub(super) fn guarded<V: IntoView + 'static>(
    view: impl Fn() -> V + Send + Clone + 'static,
    fallback: ViewFn,
) -> impl Fn() -> AnyView + Send + Clone + 'static {
    move || {
        let signed_in = shared().is_signed_in();
        let (view, fallback) = (view.clone(), fallback.clone());
        // The owner of the outlet, so that the contexts that the view provides reach its child routes.
        let owner = Owner::current();
        (move || {
            if signed_in.get() != Some(true) {
                return fallback.run();
            }
            let view = view.clone();
            match &owner {
                Some(owner) => owner.with(move || view().into_any()),
                None => view().into_any(),
            }
        })
        .into_any()
    }
}

fn notice() -> ViewFn {
    ViewFn::from(|| view! { <SignInNotice/> })
}

// With `--cfg erase_components` (the default of cargo-leptos in development) routes have one type; without it each route
// has its own.
macro_rules! define_routes {
    ($route:ty, $parent:ty) => {
        /// A route whose view needs a session. Without one the route shows `fallback`, and never its view: neither after
        /// `navigate()`, nor after Back, nor when the session ends.
        ///
        /// This is for comfort. The server's guard decides: it never renders the page for a guest.
        #[component(transparent)]
        pub fn GuardedRoute<Segments, ViewFunction, View>(
            /// The path of the route, as for leptos_router's `Route`.
            path: Segments,
            /// The view for a signed-in user.
            view: ViewFunction,
            /// What to show without a session; [`SignInNotice`] by default.
            #[prop(default = notice(), into)]
            fallback: ViewFn,
            /// How the server renders the route.
            #[prop(optional)]
            ssr: SsrMode,
        ) -> $route
        where
            Segments: PossibleRouteMatch + Clone + Send + 'static,
            ViewFunction: Fn() -> View + Send + Clone + 'static,
            View: IntoView + 'static,
        {
            NestedRoute::new(path, guarded(view, fallback)).ssr_mode(ssr).into_maybe_erased()
        }

        /// Like [`GuardedRoute`], for a route with child routes: none of them shows without a session. The view holds the
        /// `Outlet`.
        #[component(transparent)]
        pub fn GuardedParentRoute<Segments, ViewFunction, View, Children>(
            /// The path of the route, as for leptos_router's `ParentRoute`.
            path: Segments,
            /// The view for a signed-in user.
            view: ViewFunction,
            /// What to show without a session; [`SignInNotice`] by default.
            #[prop(default = notice(), into)]
            fallback: ViewFn,
            /// The child routes.
            children: RouteChildren<Children>,
            /// How the server renders the route.
            #[prop(optional)]
            ssr: SsrMode,
        ) -> $parent
        where
            Segments: PossibleRouteMatch + Clone + Send + 'static,
            Children: MatchNestedRoutes + Send + Clone + 'static,
            ViewFunction: Fn() -> View + Send + Clone + 'static,
            View: IntoView + 'static,
        {
            let children = children.into_inner();
            NestedRoute::new(path, guarded(view, fallback)).ssr_mode(ssr).child(children).into_maybe_erased()
        }
    };
}

#[cfg(erase_components)]
define_routes!(
    leptos_router::any_nested_route::AnyNestedRoute,
    leptos_router::any_nested_route::AnyNestedRoute
);
#[cfg(not(erase_components))]
define_routes!(
    NestedRoute<Segments, (), (), impl Fn() -> AnyView + Send + Clone + 'static>,
    NestedRoute<Segments, Children, (), impl Fn() -> AnyView + Send + Clone + 'static>
);
