//! The reactive session: one value for the server's first render, and for the hydrated page or its islands.
//!
//! ```
//! use auth_leptos::{SessionOptions, SignedIn, provide_session, use_session};
//! use leptos::prelude::*;
//!
//! #[component]
//! fn App() -> impl IntoView {
//!     provide_session(SessionOptions::default());
//!     view! {
//!         <SignedIn fallback=|| "Please sign in.">
//!             <Greeting/>
//!         </SignedIn>
//!     }
//! }
//!
//! #[component]
//! fn Greeting() -> impl IntoView {
//!     let session = use_session::<()>();
//!     move || session.user().get().map(|user| format!("Hello, {}", user.name))
//! }
//! ```
//!
//! | part | purpose |
//! |---|---|
//! | [`provide_session`], [`use_session`] | the signals of the session, and its actions |
//! | [`SignedIn`](crate::SignedIn), [`SignedOut`](crate::SignedOut) | markup for members or guests |
//! | [`SessionBoundary`](crate::SessionBoundary) | disposes what a user has seen when the session ends |
//! | [`GuardedRoute`](crate::GuardedRoute), [`GuardedParentRoute`](crate::GuardedParentRoute) | routes that need a session |
//! | [`SessionClient`](crate::SessionClient) | server functions that follow the session |

mod boundary;
mod buttons;
mod check_session;
mod client;
mod gates;
mod guarded;
mod idle_dialog;
#[cfg(feature = "islands")]
mod islands;
mod link_guard;
#[cfg(feature = "hydrate")]
mod page;
mod seed;

pub use boundary::{SessionBoundary, SessionEnded};
pub use buttons::{SignInButton, SignInButtons, SignOutButton};
pub use check_session::CheckSession;
pub use client::SessionClient;
pub use gates::{SignedIn, SignedOut};
pub use guarded::{GuardedParentRoute, GuardedRoute, SignInNotice};
pub use idle_dialog::IdleDialog;
#[cfg(feature = "islands")]
pub use islands::SessionRoot;
#[cfg(all(feature = "islands", feature = "hydrate"))]
pub use islands::hydrate_islands;
pub use link_guard::NavigationNotice;

use crate::SignOutScope;
use auth_types::{
    AppData, CurrentSession, EndReason, Pages, ProviderView, PublicSession, PublicUser, SessionState,
};
use leptos::prelude::*;
pub(crate) use seed::Seed;
use serde::{Deserialize, Serialize};
use session_watch::{TabEvent, TabStatus};
use std::marker::PhantomData;

/// An app's choices: what its pages do when the session ends, and when a signed-out visitor clicks a link to a
/// guarded page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionOptions {
    /// What happens when the session ends.
    pub ended: AfterEnd,
    /// What happens when a signed-out visitor clicks a link to a guarded page.
    pub denied: Denied,
}

/// What happens when the session ends.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum AfterEnd {
    /// [`SessionBoundary`](crate::SessionBoundary) disposes its children and shows why. The freed WebAssembly memory is
    /// not overwritten: a debugger on this machine could still find what the user has seen.
    #[default]
    Show,
    /// The page is loaded again, which drops the memory too. The server then redirects to sign-in, or shows the public
    /// page.
    Reload,
}

/// What happens when a signed-out visitor clicks a link to a guarded page.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub enum Denied {
    /// The visitor stays on the page, and [`NavigationNotice`](crate::NavigationNotice) says why.
    #[default]
    Stay,
    /// The visitor goes to the sign-in page, which leads on to the guarded page.
    SignIn,
}

/// Provides the session to all components below, and in the browser starts the watch on it. Call it first in the app's
/// root component, once.
///
/// The first value comes from the request on the server, and travels in the page as data: browser and server render the
/// same, without a request. It holds no token. The watch ends when the component's owner is disposed.
pub fn provide_session(options: SessionOptions) {
    let seed = SharedValue::new(Seed::of_request).into_inner();
    let shared = Shared::new(seed, options);
    provide_context(shared);
    #[cfg(feature = "hydrate")]
    page::start(shared);
}

/// Returns the session of the page. `D` is the app's data in the session, or `()`.
///
/// Without [`provide_session`], the session is the request's, and never changes.
#[must_use]
pub fn use_session<D>() -> SessionContext<D> {
    SessionContext { shared: shared(), data: PhantomData }
}

/// The session of the page, as signals. Copy it freely.
#[derive(Debug)]
pub struct SessionContext<D = ()> {
    shared: Shared,
    data: PhantomData<fn() -> D>,
}

impl<D> Clone for SessionContext<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for SessionContext<D> {}

impl<D: AppData> SessionContext<D>
where
    D::Public: PartialEq + Send + Sync + 'static,
{
    /// The public part of the app's own data; `None` without a session.
    #[must_use]
    pub fn data(self) -> Memo<Option<D::Public>> {
        let state = self.shared.state;
        Memo::new(move |_| state.with(|state| live(state).map(PublicSession::data::<D>)))
    }
}

impl<D> SessionContext<D> {
    /// The session: signed in, signed out (with the reason if it ended), or unavailable.
    #[must_use]
    pub fn state(self) -> Signal<CurrentSession<PublicSession>> {
        self.shared.state.into()
    }

    /// The signed-in user; `None` without a session.
    #[must_use]
    pub fn user(self) -> Memo<Option<PublicUser>> {
        let state = self.shared.state;
        Memo::new(move |_| state.with(|state| live(state).map(|session| session.user.clone())))
    }

    /// Whether a user is signed in; `None` while the session store does not answer. It fits the `condition` of
    /// leptos_router's `ProtectedRoute`.
    #[must_use]
    pub fn is_signed_in(self) -> Memo<Option<bool>> {
        self.shared.is_signed_in()
    }

    /// A number that changes when the session ends, begins, or belongs to another user. It is the source of each
    /// `Resource` that depends on the user, so that the resource asks anew.
    #[must_use]
    pub fn epoch(self) -> Signal<u32> {
        self.shared.epoch.into()
    }

    /// How long the user may still be away, milliseconds; `None` until the idle warning is due.
    #[must_use]
    pub fn idle(self) -> Signal<Option<i64>> {
        self.shared.idle.into()
    }

    /// How long the session lasts if the user does nothing, milliseconds by the server's clock; `None` without a session.
    /// It is updated about once a second.
    #[must_use]
    pub fn time_left(self) -> Memo<Option<i64>> {
        let shared = self.shared;
        Memo::new(move |_| {
            shared.state.with(|state| live(state).is_some()).then(|| match shared.tab.get() {
                Some(tab) => tab.expires,
                None => shared.seed.with_value(|seed| seed.tab.times.expires - seed.tab.times.now),
            })
        })
    }

    /// Answers the idle warning: the user is still there.
    pub fn stay(self) {
        #[cfg(feature = "hydrate")]
        page::stay();
    }

    /// Asks the server for the session. However many callers ask at once, one request is sent.
    pub fn refetch(self) {
        #[cfg(feature = "hydrate")]
        page::refetch();
    }

    /// What this tab knows of the other tabs, the sync hub and the deadlines; `None` until the watch runs, and for a
    /// guest. For status displays; decisions belong to [`state`](Self::state).
    #[must_use]
    pub fn tab(self) -> Signal<Option<TabStatus>> {
        self.shared.tab.into()
    }

    /// The latest events that this tab received, newest first, at most twelve.
    #[must_use]
    pub fn events(self) -> Signal<Vec<TabEvent>> {
        self.shared.events.into()
    }

    /// Signs out by posting the sign-out form, so that the browser follows the redirects.
    pub fn sign_out(self, scope: SignOutScope) {
        #[cfg(feature = "hydrate")]
        page::sign_out(self.shared, scope);
        #[cfg(not(feature = "hydrate"))]
        let _ = scope;
    }
}

/// What all parts of the page share.
#[cfg_attr(
    not(any(feature = "hydrate", feature = "islands", test)),
    expect(dead_code, reason = "on a server the session of a page never changes")
)]
#[derive(Clone, Copy, Debug)]
pub(crate) struct Shared {
    pub(crate) state: RwSignal<CurrentSession<PublicSession>>,
    pub(crate) epoch: RwSignal<u32>,
    /// Why the session of this page ended, for the boundary.
    pub(crate) ended: RwSignal<Option<EndReason>>,
    pub(crate) idle: RwSignal<Option<i64>>,
    /// The server did not get the user's answer to the idle warning.
    pub(crate) is_unreachable: RwSignal<bool>,
    /// The content may be out of date, and is covered until the server has answered.
    pub(crate) is_covered: RwSignal<bool>,
    /// The path of a guarded page that did not open.
    pub(crate) denied: RwSignal<Option<String>>,
    /// The watch runs.
    pub(crate) is_ready: RwSignal<bool>,
    pub(crate) tab: RwSignal<Option<TabStatus>>,
    pub(crate) events: RwSignal<Vec<TabEvent>>,
    pub(crate) seed: StoredValue<Seed>,
    pub(crate) options: SessionOptions,
    /// The browser runs the islands of a page, and the server has rendered the rest.
    #[cfg(feature = "hydrate")]
    pub(crate) is_islands: bool,
}

#[cfg_attr(
    not(any(feature = "hydrate", test)),
    expect(dead_code, reason = "on a server the session of a page never changes")
)]
impl Shared {
    pub(crate) fn new(seed: Seed, options: SessionOptions) -> Self {
        Self {
            state: RwSignal::new(seed.session.clone()),
            epoch: RwSignal::new(0),
            ended: RwSignal::new(None),
            idle: RwSignal::new(None),
            is_unreachable: RwSignal::new(false),
            is_covered: RwSignal::new(false),
            denied: RwSignal::new(None),
            is_ready: RwSignal::new(false),
            tab: RwSignal::new(None),
            events: RwSignal::new(Vec::new()),
            seed: StoredValue::new(seed),
            options,
            #[cfg(feature = "hydrate")]
            is_islands: false,
        }
    }

    /// Keeps the newest events.
    pub(crate) fn note(self, event: TabEvent) {
        const KEPT: usize = 12;
        self.events.update(|events| {
            events.insert(0, event);
            events.truncate(KEPT);
        });
    }

    pub(crate) fn is_signed_in(self) -> Memo<Option<bool>> {
        let state = self.state;
        Memo::new(move |_| state.with(|state| state.as_ref().ok().map(|state| state.session().is_some())))
    }

    /// Whether the session is live now, without subscribing.
    pub(crate) fn is_live(self) -> bool {
        self.state.with_untracked(|state| live(state).is_some())
    }

    pub(crate) fn pages(self) -> Pages {
        self.seed.with_value(|seed| seed.pages.clone())
    }

    pub(crate) fn providers(self) -> Vec<ProviderView> {
        self.seed.with_value(|seed| seed.providers.clone())
    }

    /// The user of the page has no session any longer: for everything that follows the session, this is the end.
    pub(crate) fn end(self, reason: EndReason) {
        self.idle.set(None);
        self.is_covered.set(false);
        self.tab.set(None);
        self.state.set(Ok(SessionState::SignedOut(Some(reason))));
        // The seed holds the user of the page, too.
        self.seed.update_value(|seed| seed.session = Ok(SessionState::SignedOut(Some(reason))));
        self.ended.set(Some(reason));
        self.epoch.update(|epoch| *epoch += 1);
    }

    /// A session has begun, or the ended one is back.
    pub(crate) fn begin(self, session: PublicSession) {
        self.state.set(Ok(SessionState::SignedIn(session)));
        self.ended.set(None);
        self.denied.set(None);
        self.epoch.update(|epoch| *epoch += 1);
    }
}

/// The shared parts, from the context of the nearest [`provide_session`].
pub(crate) fn shared() -> Shared {
    use_context::<Shared>().unwrap_or_else(|| {
        let shared = Shared::new(Seed::of_request(), SessionOptions::default());
        if Owner::current().is_some() {
            provide_context(shared);
        }
        shared
    })
}

pub(crate) fn live(state: &CurrentSession<PublicSession>) -> Option<&PublicSession> {
    state.as_ref().ok().and_then(SessionState::session)
}

#[cfg(test)]
mod tests;
