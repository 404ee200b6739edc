//! A tab that comes to the front asks what the session is now, for another tab may have changed it.

use super::{fetch, session_watch::CHANGED};
use auth_types::PublicSession;
use leptos::{ev::Event, prelude::*, task::spawn_local};

/// What says that the tab is in front: shown again, focused, or back from the back/forward cache; or that
/// there is something new.
const SIGNS: [&str; 4] = ["visibilitychange", "focus", "pageshow", CHANGED];

/// Calls `told` with the session whenever the tab comes to the front: `None` when it has ended. While the
/// server does not answer, nothing is told. Asking does not extend the session.
pub fn on_front(told: impl Fn(Option<PublicSession>) + Clone + 'static) {
    let is_asking = StoredValue::new(false);
    let ask = move |_: Event| {
        // Showing a tab focuses it too: one question for both.
        if document().hidden() || is_asking.get_value() {
            return;
        }
        is_asking.set_value(true);
        let told = told.clone();
        spawn_local(async move {
            let answer = session().await;
            is_asking.set_value(false);
            if let Some(session) = answer {
                told(session);
            }
        });
    };
    for sign in SIGNS {
        let _ = window_event_listener_untyped(sign, ask.clone());
    }
}

async fn session() -> Option<Option<PublicSession>> {
    let response = fetch::get("/auth/session").await.filter(|response| response.ok())?;
    serde_json::from_str(&fetch::text(&response).await?).ok()
}
