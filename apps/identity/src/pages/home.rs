//! `/`: the launcher (article 5). Every registered app, whether this browser is signed in there, and a button
//! that opens it signed in. Forms all of it, so it works without JavaScript.

use auth_types::{AppPresence, RegisteredApp, SessionState};
use auth_ui::{
    Notice, NoticeKind, Person, initials,
    links::sign_in_url,
    page,
    pages::{PageTitle, SessionUnavailable},
};
use leptos::prelude::*;
use leptos_router::hooks::use_query_map;

/// The home page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    let apps = use_context::<Vec<RegisteredApp>>().unwrap_or_default();
    view! {
        <PageTitle text="Apps"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"One way in for every app"</h1>
            <p class="lead">"Sign in once, and open any of these apps already signed in."</p>
            <SessionUnavailable/>
            <Pending apps=apps.clone()/>
            <SessionCard/>
            <Apps apps/>
            <HowItWorks/>
        </main>
    }
}

/// For who came here from a link to an app: opening one takes a press of the button.
#[component]
fn Pending(apps: Vec<RegisteredApp>) -> impl IntoView {
    let wanted = use_query_map().read_untracked().get("open");
    let app = apps.into_iter().find(|app| Some(&app.client_id) == wanted.as_ref());
    app.map(|app| {
        view! {
            <Notice kind=NoticeKind::Info>
                <p>"A link led here on the way to " <strong>{app.name.clone()}</strong> ". If you want to go there, press "
                    <a href=format!("#{}", anchor(&app))>{format!("Open {}", app.name)}</a> "."</p>
            </Notice>
        }
    })
}

/// The state of the session; nothing while it is not known, the notice above says so then.
#[component]
fn SessionCard() -> impl IntoView {
    let content = match page().session {
        SessionState::SignedIn { session, .. } => view! {
            <p><span class="badge good">"Signed in"</span></p>
            <Person user=session.user/>
        }
        .into_any(),
        SessionState::SignedOut(_) => view! {
            <p><span class="badge">"Signed out"</span></p>
            <p>"You are not signed in at identity. Open an app, and you sign in on the way."</p>
            <p><a class="button" href=sign_in_url("/")>"Sign in"</a></p>
        }
        .into_any(),
        SessionState::Unavailable => return None,
    };
    Some(view! { <section class="card stack" aria-label="Your session">{content}</section> })
}

#[component]
fn Apps(apps: Vec<RegisteredApp>) -> impl IntoView {
    let is_signed_in = page().session.session().is_some();
    let content = if apps.is_empty() {
        view! { <p class="card">"No app is registered yet. The file that " <code>"APPS_FILE"</code> " names lists them."</p> }
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
    if app.opens_at.is_none() {
        return view! { <p class="muted small open">"Sign in there by yourself."</p> }.into_any();
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
        AppPresence::Unknown => view! { <span class="badge warn">"Not known"</span> },
    }
}

/// Names the app's entry within the page.
fn anchor(app: &RegisteredApp) -> String {
    format!("app-{}", app.client_id)
}

#[component]
fn HowItWorks() -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="how">
            <h2 id="how">"How an app opens signed in"</h2>
            <ol>
                <li>"You press the button. The app draws a secret for this browser and sends it back here."</li>
                <li>"Identity makes a token for that app and that secret. It works once, for half a minute."</li>
                <li>"The app asks identity, server to server, whom the token stands for, and begins a session of its own."</li>
                <li>"The token is gone from the address before the page is there. Sign out in any app, and all of them follow."</li>
            </ol>
            <p class="muted small">
                "Apps can also sign in through identity by themselves: it is the one address that the sign-in "
                "provider knows. Only the apps above may."
            </p>
        </section>
    }
}
