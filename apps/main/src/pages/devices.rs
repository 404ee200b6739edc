//! The part of `/session` that lists the user's sessions: plain forms, so it needs no JavaScript.

use auth::{Auth, session::Session};
use auth_leptos::{Notice, NoticeKind, When};
use auth_types::DeviceView;
use http::request::Parts;
use leptos::prelude::*;

/// "My devices": the user's active sessions. Each other session has a button that ends it, and one button
/// ends all others.
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

/// Loads the user's sessions; `None` if the user is signed out or the store does not answer.
fn load() -> impl Future<Output = Option<Vec<DeviceView>>> {
    // Read here because the context belongs to the page, and the future may run elsewhere.
    let auth = use_context::<Auth>();
    let session = use_context::<Parts>().and_then(|parts| Session::of(&parts));
    async move {
        let listed = auth?.sessions().devices(&session?).await;
        listed.inspect_err(|error| tracing::error!(%error, "listing sessions failed")).ok()
    }
}

#[component]
fn Unreadable() -> impl IntoView {
    view! {
        <Notice kind=NoticeKind::Warning>
            <p>"We cannot list your sessions right now. You have not been signed out. Please try again in a moment."</p>
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
        <p>"Your active sessions, newest first. Ending a session signs that browser out at once."</p>
        // `role` because Safari does not expose a list without markers as a list.
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
        <p class="muted small">"Browsers report these names themselves. We do not verify them."</p>
    }
}

/// One session. The button's accessible name includes the place in the list, because two browsers can
/// otherwise look the same.
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
    fn a_single_session_shows_no_button() {
        let html = render(vec![device("first", true)]);
        assert!(html.contains("You are signed in nowhere else.") && !html.contains("<form"), "{html}");
    }

    #[test]
    fn an_unavailable_store_shows_a_warning_and_not_an_empty_list() {
        let html = Owner::new().with(|| view! { <Unreadable/> }.to_html());
        assert!(html.contains("We cannot list your sessions right now.") && !html.contains("<ul"), "{html}");
    }
}
