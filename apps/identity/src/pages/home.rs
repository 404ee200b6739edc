//! `/`: the launcher (article 5). Lists every registered app, whether this browser is signed in there, and a
//! button that opens the app signed in. Below it, the tour shows identity's part of the visitor's own flows. The page uses
//! only forms, so it works without JavaScript.

use super::tour::IdentityTour;
use auth_leptos::{
    Notice, NoticeKind, Person, initials,
    links::sign_in_url,
    page,
    pages::{PageTitle, SessionUnavailable},
};
use auth_types::{AppPresence, PageSession, RegisteredApp, SessionState};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The home page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let apps = use_context::<Vec<RegisteredApp>>().unwrap_or_default();
    view! {
        <PageTitle text="Apps"/>
        <main id="content" tabindex="-1" class="stack wide">
            <div class="hero">
                <div class="stack">
                    <h1>"One sign-in for every app"</h1>
                    <p class="lead">"Sign in once, and open any of these apps already signed in. The tour below shows what identity does for them."</p>
                    <SessionUnavailable/>
                    <Pending apps=apps.clone()/>
                </div>
                <SessionCard/>
            </div>
            <Apps apps/>
            <IdentityTour/>
        </main>
    }
}

/// A notice for a visitor who followed a link to an app: the app opens only when they press its button.
#[component]
fn Pending(apps: Vec<RegisteredApp>) -> impl IntoView {
    let wanted = use_query_map().read_untracked().get("open");
    let app = apps.into_iter().find(|app| Some(&app.client_id) == wanted.as_ref());
    app.map(|app| {
        view! {
            <Notice kind=NoticeKind::Info>
                <p>"A link brought you here on the way to " <strong>{app.name.clone()}</strong> ". If you want to go on, press "
                    <a href=format!("#{}", anchor(&app))>{format!("Open {}", app.name)}</a> "."</p>
            </Notice>
        }
    })
}

/// The state of the session. Shows nothing if the state is unknown, because the notice above says so.
#[component]
fn SessionCard() -> impl IntoView {
    let content = match page().session {
        Ok(SessionState::SignedIn(PageSession { session, .. })) => view! {
            <p><span class="badge good">"Signed in"</span></p>
            <Person user=session.user/>
        }
        .into_any(),
        Ok(SessionState::SignedOut(_)) => view! {
            <p><span class="badge">"Signed out"</span></p>
            <p>"You are not signed in here. Open an app and sign in on the way."</p>
            <p><a class="button" href=sign_in_url("/")>"Sign in"</a></p>
        }
        .into_any(),
        Err(_) => return None,
    };
    Some(view! { <section class="card stack" aria-label="Your session">{content}</section> })
}

#[component]
fn Apps(apps: Vec<RegisteredApp>) -> impl IntoView {
    let is_signed_in = page().live_session().is_some();
    let content = if apps.is_empty() {
        view! { <p class="card">"No app is registered yet. Add apps to the file that " <code>"APPS_FILE"</code> " names."</p> }
            .into_any()
    } else {
        let rows = apps.into_iter().map(|app| view! { <App app is_signed_in/> }).collect_view();
        view! { <ul class="launcher">{rows}</ul> }.into_any()
    };
    view! {
        <section class="stack" aria-labelledby="apps">
            <h2 id="apps">"Your apps"</h2>
            {content}
        </section>
    }
}

#[component]
fn App(app: RegisteredApp, is_signed_in: bool) -> impl IntoView {
    let icon = match app.icon.clone() {
        Some(url) => {
            view! { <img class="app-icon" src=url alt="" width="48" height="48" referrerpolicy="no-referrer"/> }
                .into_any()
        }
        None => view! { <span class="app-icon" aria-hidden="true">{initials(&app.name)}</span> }.into_any(),
    };
    let origins =
        app.origins.iter().map(|origin| view! { <li><code>{origin.clone()}</code></li> }).collect_view();
    let (name, description, anchor) = (app.name.clone(), app.description.clone(), anchor(&app));
    view! {
        <li class="card" id=anchor>
            {icon}
            <div class="about">
                <h3>{name}</h3>
                {(!description.is_empty()).then(|| view! { <p class="muted">{description}</p> })}
                <ul class="origins small">{origins}</ul>
                {is_signed_in.then(|| view! { <p><Badge presence=app.presence/></p> })}
            </div>
            <OpenForm app/>
        </li>
    }
}

#[component]
fn OpenForm(app: RegisteredApp) -> impl IntoView {
    if app.launch_origin.is_none() {
        return view! { <p class="muted small open">"Go to this app and sign in there."</p> }.into_any();
    }
    view! {
        <form class="open" method="post" action=format!("/handoff/{}", app.client_id)>
            <button type="submit" class="button">{format!("Open {}", app.name)}</button>
        </form>
    }
    .into_any()
}

#[component]
fn Badge(presence: AppPresence) -> impl IntoView {
    match presence {
        AppPresence::Active => view! { <span class="badge good">"Signed in there"</span> },
        AppPresence::None => view! { <span class="badge">"Not signed in there yet"</span> },
        AppPresence::Unknown => view! { <span class="badge warn">"Status unknown"</span> },
    }
}

/// The HTML id of the app's entry in the list.
fn anchor(app: &RegisteredApp) -> String {
    format!("app-{}", app.client_id)
}
