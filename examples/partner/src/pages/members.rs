//! Pages for members. The router shows them only with a session, and the server renders them only with one.

use crate::notes::{AddNote, ClearNotes, Notebook, SaveNumber, browsers, notes};
use auth_leptos::{CallError, SignOutButton, SignOutScope, use_session};
use leptos::{form::ActionForm, prelude::*};
use leptos_meta::Title;
use leptos_router::components::{A, Outlet};

/// A page that needs a session.
#[component]
pub(crate) fn Protected() -> impl IntoView {
    let session = use_session::<()>();
    view! {
        <Title text="Protected"/>
        <h1>"A protected page"</h1>
        <p class="lead">"Only signed-in users see this page. The server does not send it to anyone else."</p>
        <p>"You are " <strong>{move || session.user().get().map(|user| user.name)}</strong> "."</p>
    }
}

/// The dashboard: a parent route with two child routes.
#[component]
pub(crate) fn Dashboard() -> impl IntoView {
    view! {
        <Title text="Dashboard"/>
        <h1>"Your dashboard"</h1>
        <nav class="row" aria-label="Dashboard">
            <A href="/dashboard" exact=true>"Notes"</A>
            <A href="/dashboard/number">"Favourite number"</A>
        </nav>
        <Outlet/>
    }
}

/// The user's notes: a resource that is keyed by the session, and two actions.
#[component]
pub(crate) fn Notes() -> impl IntoView {
    let session = use_session::<Notebook>();
    let add = ServerAction::<AddNote>::new();
    let clear = ServerAction::<ClearNotes>::new();
    // The epoch is part of the key: after another sign-in, the notes are asked for anew.
    let list = Resource::new(
        move || (session.epoch().get(), add.version().get(), clear.version().get()),
        |_| notes(),
    );
    view! {
        <section class="card stack" aria-labelledby="notes-title">
            <h2 id="notes-title">"Notes"</h2>
            <Suspense fallback=|| view! { <p class="muted">"Loading your notes…"</p> }>
                {move || Suspend::new(async move {
                    match list.await {
                        Ok(notes) if notes.is_empty() => view! { <p>"You have no notes yet."</p> }.into_any(),
                        Ok(notes) => {
                            let items = notes.into_iter().map(|note| view! { <li>{note}</li> }).collect_view();
                            view! { <ul class="notes">{items}</ul> }.into_any()
                        }
                        Err(error) => view! { <Failure error/> }.into_any(),
                    }
                })}
            </Suspense>
            <ActionForm action=add attr:class="stack">
                <label for="note">"New note"</label>
                <input id="note" name="note" maxlength="200" required autocomplete="off"/>
                <SubmitButton label="Add" pending=add.pending()/>
            </ActionForm>
            // Gone while a call is pending: a screen reader announces the same message again only if it comes anew.
            {move || {
                let failed = add.value().get().and_then(Result::err).filter(|_| !add.pending().get());
                failed.map(|error| view! { <Failure error/> })
            }}
            <ActionForm action=clear>
                <button class="button secondary">"Remove all notes"</button>
            </ActionForm>
        </section>
    }
}

/// Article 2's favourite number. It is part of the session, so it follows the user's other tabs.
#[component]
pub(crate) fn Number() -> impl IntoView {
    let session = use_session::<Notebook>();
    let data = session.data();
    let save = ServerAction::<SaveNumber>::new();
    let saved = move || match data.get().and_then(|data| data.favourite_number) {
        Some(number) => format!("It is {number}."),
        None => "You have not told us yet.".to_owned(),
    };
    view! {
        <section class="card stack" aria-labelledby="number-title">
            <h2 id="number-title">"Your favourite number"</h2>
            <p aria-live="polite">{saved}</p>
            <ActionForm action=save attr:class="stack">
                <label for="number">"Favourite number"</label>
                <input id="number" name="number" inputmode="numeric" required autocomplete="off"/>
                <SubmitButton label="Save" pending=save.pending()/>
            </ActionForm>
            {move || {
                let failed = save.value().get().and_then(Result::err).filter(|_| !save.pending().get());
                failed.map(|error| view! { <Failure error/> })
            }}
        </section>
    }
}

/// A submit button that does nothing while a call is pending. It is not `disabled` then: browsers take the focus from a
/// disabled button, and the keyboard would begin again at the start of the page.
#[component]
fn SubmitButton(label: &'static str, pending: Memo<bool>) -> impl IntoView {
    let refuse_while_pending = move |event: leptos::ev::MouseEvent| {
        if pending.get_untracked() {
            event.prevent_default();
        }
    };
    view! {
        <button class="button" aria-disabled=move || pending.get().then_some("true") on:click=refuse_while_pending>
            {label}
        </button>
    }
}

/// What a failed call means for the user.
#[component]
fn Failure(error: CallError) -> impl IntoView {
    let sentence = match error {
        CallError::SignedOut => "Please sign in again.".to_owned(),
        CallError::Forbidden => "You may not do that.".to_owned(),
        CallError::SessionUnavailable => {
            "We cannot check your session right now. You have not been signed out; please try again in a moment.".to_owned()
        }
        CallError::Invalid { message } => message,
        CallError::Failed { .. } => "That did not work. Please try again.".to_owned(),
    };
    view! { <p class="notice error" role="alert">{sentence}</p> }
}

/// The number of browsers in words.
fn count(browsers: usize) -> String {
    match browsers {
        0 | 1 => "In this browser only".to_owned(),
        more => format!("In {more} browsers"),
    }
}

/// What the browser knows of the session, and how to leave.
#[component]
pub(crate) fn SessionPage() -> impl IntoView {
    let session = use_session::<()>();
    let browsers = Resource::new(move || session.epoch().get(), |_| browsers());
    // "2026-11-26T04:23:19Z": the same text on the server and in the browser, whatever its time zone.
    let expires = move || {
        let state = session.state().get().ok()?;
        let expires = state.session()?.expires.clone();
        let (day, time) = expires.trim_end_matches('Z').split_once('T')?;
        Some(format!("{time} UTC on {day}"))
    };
    view! {
        <Title text="Session"/>
        <h1>"Your session"</h1>
        <section class="card stack">
            <dl>
                <dt>"User"</dt>
                <dd>{move || session.user().get().map(|user| user.name)}</dd>
                <dt>"Ends, if you do nothing"</dt>
                <dd>{expires}</dd>
                <dt>"Signed in"</dt>
                <dd>
                    <Suspense fallback=|| "Counting your browsers…">
                        {move || Suspend::new(async move {
                            match browsers.await {
                                Ok(browsers) => count(browsers).into_any(),
                                Err(error) => view! { <Failure error/> }.into_any(),
                            }
                        })}
                    </Suspense>
                </dd>
            </dl>
            <button class="button secondary" type="button" on:click=move |_| session.refetch()>"Ask the server now"</button>
            <SignOutButton scope=SignOutScope::Local class="secondary"/>
        </section>
    }
}
