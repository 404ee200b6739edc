//! The part of auth-leptos that partner and the main app's islands use, without a session: the visitor is a guest for ever.
//! The difference in bytes is what the session costs.

#[path = "../../../../auth-leptos/src/call_error.rs"]
mod call_error;
pub mod links;
#[path = "../../../../auth-leptos/src/notice.rs"]
mod notice;
#[path = "../../../../auth-leptos/src/remaining.rs"]
pub mod remaining;
#[path = "../../../../auth-leptos/src/sign_out_scope.rs"]
mod sign_out_scope;

use auth_types::{AppData, CurrentSession, PublicSession, PublicUser, SessionState};
pub use call_error::CallError;
pub use notice::{Notice, NoticeKind};
pub use session_watch::{HubState, Role, Source, StreamKind, TabEvent, TabStatus};
use leptos::{children::ViewFn, prelude::*};
pub use leptos::server_fn::client::browser::BrowserClient as SessionClient;
pub use leptos_router::components::{ParentRoute as GuardedParentRoute, Route as GuardedRoute};
use serde::{Deserialize, Serialize};
pub use sign_out_scope::SignOutScope;
use std::marker::PhantomData;

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub struct SessionOptions {
    pub ended: AfterEnd,
    pub denied: Denied,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub enum AfterEnd {
    #[default]
    Show,
    Reload,
}

#[derive(Clone, Copy, Debug, Default, Serialize, Deserialize)]
pub enum Denied {
    #[default]
    Stay,
    SignIn,
}

#[derive(Clone, Copy)]
struct Guest(RwSignal<CurrentSession<PublicSession>>);

pub fn provide_session(_: SessionOptions) {
    provide_context(Guest(RwSignal::new(Ok(SessionState::SignedOut(None)))));
}

pub struct SessionContext<D> {
    state: RwSignal<CurrentSession<PublicSession>>,
    data: PhantomData<fn() -> D>,
}

impl<D> Clone for SessionContext<D> {
    fn clone(&self) -> Self {
        *self
    }
}

impl<D> Copy for SessionContext<D> {}

pub fn use_session<D>() -> SessionContext<D> {
    SessionContext { state: expect_context::<Guest>().0, data: PhantomData }
}

impl<D: AppData> SessionContext<D>
where
    D::Public: PartialEq + Send + Sync + 'static,
{
    pub fn data(self) -> Memo<Option<D::Public>> {
        Memo::new(|_| None)
    }
}

impl<D> SessionContext<D> {
    pub fn state(self) -> Signal<CurrentSession<PublicSession>> {
        self.state.into()
    }

    pub fn user(self) -> Memo<Option<PublicUser>> {
        let state = self.state;
        Memo::new(move |_| {
            state.with(|state| state.as_ref().ok()?.session().map(|session| session.user.clone()))
        })
    }

    pub fn is_signed_in(self) -> Memo<Option<bool>> {
        let state = self.state;
        Memo::new(move |_| state.with(|state| state.as_ref().ok().map(|state| state.session().is_some())))
    }

    pub fn epoch(self) -> Signal<u32> {
        RwSignal::new(0).into()
    }

    pub fn time_left(self) -> Memo<Option<i64>> {
        Memo::new(|_| None)
    }

    pub fn tab(self) -> Signal<Option<TabStatus>> {
        RwSignal::new(None).into()
    }

    pub fn events(self) -> Signal<Vec<TabEvent>> {
        RwSignal::new(Vec::new()).into()
    }

    pub fn refetch(self) {}
}

pub fn hydrate_islands() {
    leptos::mount::hydrate_islands();
    provide_session(SessionOptions::default());
}

#[component]
pub fn SignedIn(#[prop(optional, into)] fallback: ViewFn, children: ChildrenFn) -> impl IntoView {
    let signed_in = use_session::<()>().is_signed_in();
    move || if signed_in.get() == Some(true) { children().into_any() } else { fallback.run() }
}

#[component]
pub fn SignedOut(children: ChildrenFn) -> impl IntoView {
    let signed_in = use_session::<()>().is_signed_in();
    move || (signed_in.get() == Some(false)).then(|| children())
}

#[component]
pub fn SessionBoundary(children: Children) -> impl IntoView {
    children()
}

#[component]
pub fn CheckSession() -> impl IntoView {}

#[component]
pub fn IdleDialog() -> impl IntoView {}

#[component]
pub fn NavigationNotice() -> impl IntoView {}

#[component]
pub fn SignInButton(
    #[prop(optional, into)] callback_url: Option<String>,
    #[prop(default = "")] class: &'static str,
) -> impl IntoView {
    view! {
        <form method="post" action="/sign-in">
            <input type="hidden" name="callbackUrl" value=callback_url/>
            <button type="submit" class=format!("button {class}")>"Sign in"</button>
        </form>
    }
}

#[component]
pub fn SignOutButton(
    #[prop(optional)] scope: SignOutScope,
    #[prop(default = "secondary")] class: &'static str,
) -> impl IntoView {
    view! {
        <form method="post" action="/sign-out">
            <button type="submit" class=format!("button {class}")>{scope.label()}</button>
        </form>
    }
}
