//! Pages that everyone may open.

use auth_leptos::{
    SignInButton, SignInButtons, SignOutButton, SignOutScope, SignedIn, SignedOut, links::local_path,
    use_session,
};
use auth_types::{EndReason, SessionState, SignInError};
use leptos::prelude::*;
use leptos_meta::{Meta, Title};
use leptos_router::{components::A, hooks::use_query_map};

/// A field of the address's query.
fn query(name: &'static str) -> Memo<Option<String>> {
    let query = use_query_map();
    Memo::new(move |_| query.with(|query| query.get(name)))
}

/// Where a sign-in leads: `callbackUrl`, if it is a path of this app.
fn callback_url() -> String {
    let wanted = query("callbackUrl").get_untracked();
    wanted.as_deref().and_then(local_path).unwrap_or("/").to_owned()
}

/// The start page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let session = use_session::<()>();
    let origin = use_origin();
    view! {
        <Title text="Home"/>
        <h1>"Partner"</h1>
        <p class="lead">
            "An ordinary Leptos app, hydrated in your browser, on another domain than the other apps: " <code>{origin}</code>
        </p>
        <section class="card stack">
            <h2>"Your session"</h2>
            <p>
                {move || match session.is_signed_in().get() {
                    Some(true) => "You are signed in.",
                    Some(false) => "You are signed out.",
                    None => "Your session cannot be checked right now. You have not been signed out.",
                }}
            </p>
            <SignedIn>
                <p><A href="/dashboard">"Go to your dashboard"</A></p>
            </SignedIn>
            // Not a fallback: while the session cannot be checked, neither is shown.
            <SignedOut>
                <SignInButton callback_url="/dashboard"/>
            </SignedOut>
        </section>
    }
}

/// The origin of the page, as the server knows it.
fn use_origin() -> String {
    SharedValue::new(|| {
        #[cfg(feature = "ssr")]
        return auth_leptos::page().app.origin;
        #[cfg(not(feature = "ssr"))]
        return window().location().origin().unwrap_or_default();
    })
    .into_inner()
}

/// A public page with a part for members.
#[component]
pub(crate) fn Public() -> impl IntoView {
    let session = use_session::<()>();
    view! {
        <Title text="Public"/>
        <h1>"A public page"</h1>
        <p>"Everyone may read this."</p>
        <SignedIn fallback=|| view! { <p>"Members see one more line here."</p> }>
            <p>
                "Welcome back, "
                <strong>{move || session.user().get().map(|user| user.name)}</strong> "."
            </p>
        </SignedIn>
    }
}

/// The sign-in page.
#[component]
pub(crate) fn Login() -> impl IntoView {
    let callback = callback_url();
    let error = query("error");
    let sentence = move || {
        let code = error.get()?;
        // The page never repeats the code of its address.
        Some(
            SignInError::parse(&code)
                .map_or("The sign-in did not work. Please try again.", SignInError::sentence),
        )
    };
    let session = use_session::<()>();
    let ended = move || match session.state().get() {
        Ok(SessionState::SignedOut(Some(reason))) if error.get().is_none() => Some(reason.sentence()),
        _ => None,
    };
    let target = (callback != "/").then(|| callback.split(['?', '#']).next().unwrap_or_default().to_owned());
    view! {
        <Title text="Sign in"/>
        <div class="card narrow stack">
            <h1>"Sign in"</h1>
            {move || sentence().map(|text| view! { <p class="notice error" role="alert">{text}</p> })}
            {move || ended().map(|text| view! { <p class="notice warning" role="status">{text}</p> })}
            {target.map(|path| view! { <p class="muted">"Afterwards you continue to " <code>{path}</code> "."</p> })}
            <SignInButtons callback_url=callback/>
        </div>
    }
}

/// Article 1's page: a sign-in with a plain form, without JavaScript.
#[component]
pub(crate) fn SsrLogin() -> impl IntoView {
    view! {
        <Title text="Sign in without JavaScript"/>
        <h1>"Sign in without JavaScript"</h1>
        <p>"The button posts a form, and redirects do the rest. Opening this page changes nothing."</p>
        <SignInButton callback_url="/"/>
    }
}

/// What to say while the server cannot check the session. Then neither `SignedIn` nor `SignedOut` shows its content.
#[component]
fn SessionUnknown() -> impl IntoView {
    let signed_in = use_session::<()>().is_signed_in();
    let sentence = "We cannot check your session right now. You have not been signed out.";
    move || {
        signed_in.get().is_none().then(|| view! { <p class="notice warning" role="status">{sentence}</p> })
    }
}

/// The page with the sign-out forms. Old links to sign out lead here.
#[component]
pub(crate) fn SignOut() -> impl IntoView {
    view! {
        <Title text="Sign out"/>
        <div class="card narrow stack">
            <h1>"Sign out"</h1>
            <SessionUnknown/>
            <SignedOut>
                <p>"You are not signed in. " <A href="/login">"Sign in"</A></p>
            </SignedOut>
            <SignedIn>
                <p>"Sign out here and at the provider:"</p>
                <SignOutButton class="wide"/>
                <p>"Or end this session and stay signed in at the provider:"</p>
                <SignOutButton scope=SignOutScope::Local class="secondary wide"/>
            </SignedIn>
        </div>
    }
}

/// The page after a sign-out.
#[component]
pub(crate) fn SignedOutPage() -> impl IntoView {
    let reason = query("reason");
    view! {
        <Title text="Signed out"/>
        <div class="card narrow stack">
            <SessionUnknown/>
            <SignedOut>
                <h1>"You have been signed out"</h1>
                {reason.get().as_deref().and_then(EndReason::parse).map(|reason| view! { <p>{reason.sentence()}</p> })}
                <p><a class="button" rel="external" href="/login">"Sign in again"</a></p>
            </SignedOut>
            <SignedIn>
                <h1>"You are signed in"</h1>
                <p><A href="/">"Continue"</A></p>
            </SignedIn>
        </div>
    }
}

/// The page for an unknown address.
#[component]
pub(crate) fn NotFound() -> impl IntoView {
    view! {
        <Title text="Error 404: There is no such page"/>
        <Meta name="robots" content="noindex"/>
        <h1>"There is no such page"</h1>
        <p>"Check the address for typing errors, or go to the start page."</p>
        <p><a class="button" href="/">"Go to the start page"</a></p>
        <p class="muted small">"Error 404: " <code>"not_found"</code></p>
    }
}
