//! "My devices": the user's active sessions, and buttons that end them.

use super::failure::Failure;
use auth_leptos::{CallError, SessionBoundary, SessionClient, use_session};
use leptos::{form::ActionForm, html::Div, island, prelude::*};
use serde::{Deserialize, Serialize};

/// The list of the user's sessions. Each other session has a button that ends it, and one button ends all others.
#[island]
pub(crate) fn Devices() -> impl IntoView {
    view! { <SessionBoundary><DeviceList/></SessionBoundary> }
}

/// One of the user's sessions. The server writes the times for people, so that the browser needs no calendar.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Device {
    /// The public id of the session.
    pub id: String,
    /// The name that the browser reported.
    pub browser: String,
    /// When the user signed in.
    pub signed_in: Moment,
    /// When the session was last used.
    pub last_seen: Moment,
    /// Whether it is the caller's own session.
    pub is_this_one: bool,
}

/// An instant.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Moment {
    /// In RFC 3339 format.
    pub at: String,
    /// For people.
    pub text: String,
}

#[component]
fn DeviceList() -> impl IntoView {
    let session = use_session::<()>();
    let end = ServerAction::<EndSession>::new();
    // Asked anew after another sign-in, and when a session has been ended.
    let list = Resource::new(move || (session.epoch().get(), end.version().get()), |_| devices());
    view! {
        <Transition fallback=|| view! { <p class="muted">"Loading your sessions…"</p> }>
            {move || Suspend::new(async move {
                match list.await {
                    Ok(devices) => view! { <Rows devices end/> }.into_any(),
                    Err(error) => view! { <Failure error/> }.into_any(),
                }
            })}
        </Transition>
        <Outcome end/>
    }
}

/// Says what pressing a button has done. The button is gone with its session, so the focus goes to the message: from
/// there the keyboard goes on, and a screen reader reads it.
#[component]
fn Outcome(end: ServerAction<EndSession>) -> impl IntoView {
    let message = NodeRef::<Div>::new();
    take_focus(message);
    // Gone while a call is pending, so that the next message is a new one.
    move || {
        end.value().get().filter(|_| !end.pending().get()).map(|ended| match ended {
            Ok(()) => view! {
                <div class="notice success" tabindex="-1" node_ref=message>"Ended. That browser is signed out."</div>
            }
            .into_any(),
            Err(error) => view! { <Failure error/> }.into_any(),
        })
    }
}

/// Moves the focus to the message whenever it comes.
fn take_focus(message: NodeRef<Div>) {
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        if let Some(message) = message.get() {
            let _ = message.focus();
        }
    });
    #[cfg(not(feature = "hydrate"))]
    let _ = message;
}

#[component]
fn Rows(devices: Vec<Device>, end: ServerAction<EndSession>) -> impl IntoView {
    let total = devices.len();
    let rows = devices.into_iter().enumerate().map(|(index, device)| {
        view! { <Row device place=format!("{} of {total}", index + 1) end/> }
    });
    view! {
        <p>"Your active sessions, newest first. Ending a session signs that browser out at once."</p>
        // `role` because Safari does not expose a list without markers as a list.
        <ul class="devices" role="list">{rows.collect_view()}</ul>
        {if total > 1 {
            view! {
                <ActionForm action=end>
                    <input type="hidden" name="id" value="others"/>
                    <button type="submit" class="button secondary">"End all other sessions"</button>
                </ActionForm>
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
fn Row(device: Device, place: String, end: ServerAction<EndSession>) -> impl IntoView {
    let action = if device.is_this_one {
        view! { <span class="badge good">"This browser"</span> }.into_any()
    } else {
        let which = format!(", {place}: {}", device.browser);
        view! {
            <ActionForm action=end>
                <input type="hidden" name="id" value=device.id/>
                <button type="submit" class="button secondary small">
                    "End this session" <span class="visually-hidden">{which}</span>
                </button>
            </ActionForm>
        }
        .into_any()
    };
    view! {
        <li>
            <div>
                <strong>{device.browser}</strong>
                <p class="muted small">
                    "Signed in " <Time moment=device.signed_in/> <br/>
                    "Last seen " <Time moment=device.last_seen/>
                </p>
            </div>
            {action}
        </li>
    }
}

#[component]
fn Time(moment: Moment) -> impl IntoView {
    view! { <time datetime=moment.at>{moment.text}</time> }
}

/// Returns the user's active sessions, newest first.
///
/// # Errors
/// [`CallError::SignedOut`] without a session, [`CallError::SessionUnavailable`] while the session store does not
/// answer.
#[server(prefix = "/api", endpoint = "devices", client = SessionClient)]
pub async fn devices() -> Result<Vec<Device>, CallError> {
    use auth_leptos::readable;

    let (auth, session) = super::caller()?;
    let listed = auth.sessions().devices(&session).await.map_err(unavailable)?;
    let moment = |at: String| Moment { text: readable(&at), at };
    let devices = listed.into_iter().map(|device| Device {
        id: device.id,
        browser: device.browser,
        signed_in: moment(device.signed_in_at),
        last_seen: moment(device.last_seen_at),
        is_this_one: device.is_this_one,
    });
    Ok(devices.collect())
}

/// Ends one of the user's sessions, or all others. A session that has ended in the meantime is no error. A form without
/// JavaScript goes back to the list.
///
/// # Errors
/// As [`devices`].
#[server(prefix = "/api", endpoint = "end-session", client = SessionClient)]
pub async fn end_session(
    /// The public id of the session, or `others`.
    id: String,
) -> Result<(), CallError> {
    let (auth, session) = super::caller()?;
    if id == "others" {
        auth.sessions().end_other_devices(&session).await.map_err(unavailable)?;
    } else {
        auth.sessions().end_device(&session, &id).await.map_err(unavailable)?;
    }
    super::redirect_plain_form("/session");
    Ok(())
}

#[cfg(feature = "ssr")]
#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unavailable(error: auth::store::StoreError) -> CallError {
    leptos::logging::error!("the user's sessions could not be read or ended: {error}");
    auth_leptos::refuse(CallError::SessionUnavailable)
}

#[cfg(all(test, feature = "ssr"))]
mod tests {
    use super::*;

    fn device(id: &str, is_this_one: bool) -> Device {
        let moment = |text: &str| Moment { at: "2026-01-02T03:04:05Z".to_owned(), text: text.to_owned() };
        Device {
            id: id.to_owned(),
            browser: "Firefox on Linux".to_owned(),
            signed_in: moment("2 January 2026, 03:04 UTC"),
            last_seen: moment("2 January 2026, 04:05 UTC"),
            is_this_one,
        }
    }

    fn render(devices: Vec<Device>) -> String {
        Owner::new().with(|| view! { <Rows devices end=ServerAction::new()/> }.to_html())
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
}
