//! Article 2, "Handling Authorization Per Route", on the client: before a link to a protected page is
//! followed, the server is asked whether the session lives. The answer spares a round trip through the
//! sign-in page and keeps the reader where they are; it protects nothing. The server's gate does that,
//! so whenever the question cannot be answered the link is simply followed.

use crate::links::login_url;
use leptos::prelude::*;

/// Watches the clicks of the whole page and explains, in place, why a protected page did not open.
///
/// Put it once on a page, where the explanation should appear. `data-ready` is set when it is watching.
#[island]
pub fn NavGuard() -> impl IntoView {
    let blocked = RwSignal::new(None::<String>);
    let ready = RwSignal::new(false);
    #[cfg(feature = "hydrate")]
    Effect::new(move |_| {
        browser::watch(blocked);
        ready.set(true);
    });
    view! {
        <div class="guard-message" aria-live="polite" data-ready=move || ready.get().then_some("true")>
            {move || blocked.get().map(|path| view! {
                <div class="notice warning stack">
                    <h2>"Please sign in to continue"</h2>
                    <p>"You are not signed in, or your session has ended. " <code>{path.clone()}</code>
                        " opens after you sign in."</p>
                    <p><a class="button" href=login_url(&path)>"Go to sign-in"</a></p>
                </div>
            })}
        </div>
    }
}

#[cfg(feature = "hydrate")]
mod browser {
    use crate::{
        islands::fetch,
        links::{Click, Decision, decide},
    };
    use auth_types::SessionStatus;
    use leptos::{ev, prelude::*, task::spawn_local};
    use wasm_bindgen::{JsCast, JsValue};
    use web_sys::{Element, HtmlAnchorElement, Location, MouseEvent};

    /// A navigation check: it asks as the user, so it extends the session like the page itself would.
    const STATUS: &str = "/api/get-session-status";

    /// Listens for clicks until the page goes away. Enter on a focused link is a click too.
    pub(super) fn watch(blocked: RwSignal<Option<String>>) {
        // Counts the questions, so that only the answer to the last click acts.
        let question = StoredValue::new(0_u32);
        window_event_listener(ev::click, move |event| {
            let Some((url, path)) = asks(&event) else { return };
            event.prevent_default();
            question.update_value(|count| *count += 1);
            let mine = question.get_value();
            spawn_local(async move {
                let signed_out = says_signed_out().await;
                if question.get_value() != mine {
                    return;
                }
                if signed_out {
                    blocked.set(Some(path));
                    return;
                }
                blocked.set(None);
                if location().assign(&url).is_err() {
                    leptos::logging::warn!("the link could not be followed");
                }
            });
        });
    }

    /// The link's URL and its path, when this click asks first.
    fn asks(event: &MouseEvent) -> Option<(String, String)> {
        if event.default_prevented() {
            return None;
        }
        let target: Element = event.target()?.dyn_into().ok()?;
        let link: HtmlAnchorElement = target.closest("a[href]").ok()??.dyn_into().ok()?;
        let here = location();
        let click = Click {
            here_origin: &here.origin().ok()?,
            here: &format!("{}{}", here.pathname().ok()?, here.search().ok()?),
            origin: &link.origin(),
            path: &link.pathname(),
            search: &link.search(),
            hash: &link.hash(),
            target: &link.target(),
            download: link.has_attribute("download"),
            modified: event.button() != 0
                || event.ctrl_key()
                || event.shift_key()
                || event.alt_key()
                || event.meta_key(),
        };
        match decide(&click) {
            Decision::Ask(path) => Some((link.href(), path)),
            Decision::LeaveAlone => None,
        }
    }

    /// True only for a clear "signed out". No answer, or one that cannot be read, is not one.
    async fn says_signed_out() -> bool {
        let Some(response) = fetch::get(STATUS).await.filter(|response| response.ok()) else {
            return false;
        };
        let Some(body) = fetch::json(&response).await else {
            return false;
        };
        let status = js_sys::Reflect::get(&body, &JsValue::from_str("status")).ok();
        status.and_then(|status| status.as_f64()) == Some(f64::from(SessionStatus::SIGNED_OUT.status))
    }

    fn location() -> Location {
        window().location()
    }
}
