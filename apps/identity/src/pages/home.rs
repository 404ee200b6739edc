//! `/`: what an identity app is for, and which apps sign in through this one.

use auth_types::{RegisteredApp, SessionState};
use auth_ui::{
    Person,
    links::sign_in_url,
    page,
    pages::{PageTitle, SessionUnavailable},
};
use leptos::prelude::*;

/// The home page.
#[component]
pub(crate) fn Home() -> impl IntoView {
    view! {
        <PageTitle text="Apps"/>
        <main id="content" tabindex="-1" class="stack">
            <h1>"One way in for every app"</h1>
            <p class="lead">
                "A sign-in provider sends people back only to addresses it was told about. This identity app "
                "is that one address, so apps on any domain can sign in through it."
            </p>
            <SessionUnavailable/>
            <SessionCard/>
            <Apps/>
            <HowItWorks/>
        </main>
    }
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
            <p>"You are not signed in at identity. Apps that sign in through it keep sessions of their own."</p>
            <p><a class="button" href=sign_in_url("/")>"Sign in"</a></p>
        }
        .into_any(),
        SessionState::Unavailable => return None,
    };
    Some(view! { <section class="card stack" aria-label="Your session">{content}</section> })
}

#[component]
fn Apps() -> impl IntoView {
    let apps = use_context::<Vec<RegisteredApp>>().unwrap_or_default();
    let rows = apps
        .into_iter()
        .map(|app| {
            let origins = app
                .origins
                .into_iter()
                .map(|origin| view! { <li><code>{origin}</code></li> })
                .collect_view();
            view! {
                <tr>
                    <th scope="row"><span>{app.name}</span> <br/> <code class="muted">{app.client_id}</code></th>
                    <td><ul>{origins}</ul></td>
                </tr>
            }
        })
        .collect_view();
    view! {
        <section class="card stack" aria-labelledby="apps">
            <h2 id="apps">"Registered apps"</h2>
            <div class="table-scroll">
                <table>
                    <caption>"Only these may sign in through identity. Anything else gets no redirect."</caption>
                    <thead>
                        <tr><th scope="col">"App and client id"</th><th scope="col">"Origins"</th></tr>
                    </thead>
                    <tbody>{rows}</tbody>
                </table>
            </div>
        </section>
    }
}

#[component]
fn HowItWorks() -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="how">
            <h2 id="how">"How a sign-in passes through here"</h2>
            <ol>
                <li>"An app sends the browser to " <code>"/authorize"</code> " with its own address as " <code>"source_url"</code> "."</li>
                <li>"Identity checks that address against the registry and remembers the flow for this browser only, once, for ten minutes at most."</li>
                <li>"The provider asks who you are and sends its answer to identity's callback, the only address it knows."</li>
                <li>"Identity hands the answer on to the app's own callback. The secrets that turn it into a session never left that app, so nobody in between can use it."</li>
            </ol>
        </section>
    }
}
