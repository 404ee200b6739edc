//! `/signed-out`: the page after a sign-out or another end of the session.

use super::parts::{PageTitle, SessionUnavailable, callback_url, query};
use crate::{Notice, NoticeKind, auth, page};
use auth_types::{EndReason, SessionState};
use leptos::prelude::*;

/// The page after a session has ended.
#[component]
pub fn SignedOutPage() -> impl IntoView {
    // The server's reason takes precedence over the reason in the URL.
    let reason = match page().session {
        Ok(SessionState::SignedOut(Some(reason))) => Some(reason),
        _ => query("reason").as_deref().and_then(EndReason::parse),
    };
    let back = callback_url();
    // With a live session, the page must not say that the session has ended.
    let (title, content) = match auth() {
        Some(session) => (
            "You are signed in",
            view! {
                <Notice kind=NoticeKind::Success>
                    <p>"You are signed in as " <strong>{session.user.name}</strong> "."</p>
                </Notice>
                <p><a class="button" href=back.unwrap_or_else(|| "/".to_owned())>"Continue"</a></p>
            }
            .into_any(),
        ),
        None => (
            "You have been signed out",
            view! {
                {reason.map(|reason| view! { <p class="lead">{reason.sentence()}</p> })}
                <p>
                    <a class="button" href=page().pages.login_url(back.as_deref().unwrap_or("/"))>"Sign in again"</a>
                </p>
                <p><a href="/">"Home"</a></p>
            }
            .into_any(),
        ),
    };
    view! {
        <PageTitle text=title/>
        <main id="content" tabindex="-1">
            <div class="card narrow stack">
                <h1>{title}</h1>
                <SessionUnavailable/>
                {content}
            </div>
        </main>
    }
}
