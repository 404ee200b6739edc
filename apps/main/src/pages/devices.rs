//! The part of `/session` that lists the user's sessions: plain forms, so it needs no JavaScript.

use auth::{Auth, session::CurrentSession};
use auth_types::DeviceView;
use auth_ui::{Notice, NoticeKind, When};
use http::request::Parts;
use leptos::prelude::*;

/// "My devices": the user's live sessions, and a button to end each of the others, or all of them.
#[component]
pub(super) fn Devices() -> impl IntoView {
    view! {
        <section class="card stack" aria-labelledby="devices">
            <h2 id="devices">"My devices"</h2>
            <Await future=load() blocking=true let:devices>
                {match devices.clone() {
                    Some(devices) => view! { <List devices/> }.into_any(),
                    None => view! { <Unreadable/> }.into_any(),
                }}
            </Await>
        </section>
    }
}

/// The user's sessions; `None` when the store does not answer, and the page says so.
fn load() -> impl Future<Output = Option<Vec<DeviceView>>> {
    // Read here: the context belongs to the page, and the future may run elsewhere.
    let auth = use_context::<Auth>();
    let current = use_context::<Parts>().and_then(|parts| parts.extensions.get().cloned());
    async move {
        let Some(CurrentSession::SignedIn(session)) = current else { return None };
        let listed = auth?.sessions().devices(&session).await;
        listed
            .inspect_err(|error| tracing::error!(error = %error.0, "a user's sessions could not be listed"))
            .ok()
    }
}

#[component]
fn Unreadable() -> impl IntoView {
    view! {
        <Notice kind=NoticeKind::Warning>
            <p>"We cannot list your sessions right now. You have not been signed out; please try again in a moment."</p>
        </Notice>
    }
}

#[component]
fn List(devices: Vec<DeviceView>) -> impl IntoView {
    let total = devices.len();
    let rows = devices.into_iter().enumerate().map(|(index, device)| {
        view! { <Row device place=format!("{} of {total}", index + 1)/> }
    });
    view! {
        <p>"Where you are signed in, the newest first. Ending a session signs that browser out at once."</p>
        // `role` because Safari takes a list without markers for none.
        <ul class="devices" role="list">{rows.collect_view()}</ul>
        {if total > 1 {
            view! {
                <form method="post" action="/auth/sessions/revoke">
                    <input type="hidden" name="id" value="others"/>
                    <button type="submit" class="button secondary">"End all other sessions"</button>
                </form>
            }
            .into_any()
        } else {
            view! { <p class="muted">"You are signed in nowhere else."</p> }.into_any()
        }}
        <p class="muted small">"A browser's name is what it says of itself. Nobody verified it."</p>
    }
}

/// One session. Its button's accessible name has the place in the list, because two browsers may look
/// alike in everything else.
#[component]
fn Row(device: DeviceView, place: String) -> impl IntoView {
    let action = if device.is_this_one {
        view! { <span class="badge good">"This browser"</span> }.into_any()
    } else {
        let which = format!(", {place}: {}", device.browser);
        view! {
            <form method="post" action="/auth/sessions/revoke">
                <input type="hidden" name="id" value=device.id/>
                <button type="submit" class="button secondary small">
                    "End this session" <span class="visually-hidden">{which}</span>
                </button>
            </form>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <strong>{device.browser}</strong>
                <p class="muted small">
                    "Signed in " <When at=device.signed_in_at/> <br/>
                    "Last seen " <When at=device.last_seen_at/>
                </p>
            </div>
            {action}
        </li>
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn device(id: &str, is_this_one: bool) -> DeviceView {
        DeviceView {
            id: id.to_owned(),
            browser: "Firefox on Linux".to_owned(),
            signed_in_at: "2026-01-02T03:04:05Z".to_owned(),
            last_seen_at: "2026-01-02T04:05:06Z".to_owned(),
            is_this_one,
        }
    }

    fn render(devices: Vec<DeviceView>) -> String {
        Owner::new().with(|| view! { <List devices/> }.to_html())
    }

    #[test]
    fn this_session_is_marked_and_the_others_have_a_button_each() {
        let html = render(vec![device("first", true), device("second", false), device("third", false)]);
        assert_eq!(html.matches("This browser").count(), 1);
        assert_eq!(html.matches("End this session").count(), 2);
        assert!(!html.contains("value=\"first\"") && html.contains("value=\"second\""), "{html}");
        assert!(html.contains(", 2 of 3: Firefox on Linux") && html.contains(", 3 of 3: Firefox on Linux"));
        assert!(html.contains("2 January 2026, 03:04 UTC") && html.contains("2 January 2026, 04:05 UTC"));
        assert!(html.contains("End all other sessions"));
    }

    #[test]
    fn alone_there_is_nothing_to_end() {
        let html = render(vec![device("first", true)]);
        assert!(html.contains("You are signed in nowhere else.") && !html.contains("<form"), "{html}");
    }

    #[test]
    fn a_store_that_does_not_answer_is_said_and_not_shown_as_an_empty_list() {
        let html = Owner::new().with(|| view! { <Unreadable/> }.to_html());
        assert!(html.contains("We cannot list your sessions right now.") && !html.contains("<ul"), "{html}");
    }
}
