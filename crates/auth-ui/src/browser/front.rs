//! A tab that comes to the front asks what the session is now, for another tab may have changed it.

use super::{
    dom::{self, document, window},
    fetch,
    session_watch::CHANGED,
};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// What says that the tab is in front: shown again, focused, or back from the back/forward cache; or that
/// there is something new.
const SIGNS: [&str; 4] = ["visibilitychange", "focus", "pageshow", CHANGED];

/// The session as `GET /auth/session` tells it: a `PublicSession`, read field by field, for a parser of JSON
/// would cost a page more than everything that it shows.
#[derive(Clone, Debug)]
pub struct SessionView {
    user_id: String,
    user: JsValue,
}

impl SessionView {
    /// Whose it is.
    #[must_use]
    pub fn user_id(&self) -> &str {
        &self.user_id
    }

    /// A field of the user, the app's own public data among them; `undefined` where there is none.
    #[must_use]
    pub fn user_field(&self, name: &str) -> JsValue {
        dom::property(&self.user, name)
    }
}

/// Calls `told` with the session whenever the tab comes to the front: `None` when it has ended. While the
/// server does not answer, nothing is told. Asking does not extend the session.
pub fn on_front(told: impl Fn(Option<SessionView>) + Clone + 'static) {
    let is_asking = Rc::new(Cell::new(false));
    for sign in SIGNS {
        let (told, is_asking) = (told.clone(), is_asking.clone());
        dom::on(&window(), sign, move |_| {
            // Showing a tab focuses it too: one question for both.
            if document().hidden() || is_asking.replace(true) {
                return;
            }
            let (told, is_asking) = (told.clone(), is_asking.clone());
            spawn_local(async move {
                let answer = session().await;
                is_asking.set(false);
                if let Some(session) = answer {
                    told(session);
                }
            });
        });
    }
}

/// The session as the server has it now: `Some(None)` when there is none, `None` when it does not answer, or
/// nothing that can be read.
pub(super) async fn session() -> Option<Option<SessionView>> {
    let response = fetch::get("/auth/session").await.filter(web_sys::Response::ok)?;
    let body = fetch::json(&response).await?;
    if body.is_null() {
        return Some(None);
    }
    let user = dom::property(&body, "user");
    let user_id = dom::property(&user, "id").as_string()?;
    Some(Some(SessionView { user_id, user }))
}
