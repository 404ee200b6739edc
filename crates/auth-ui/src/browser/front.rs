//! A tab that comes to the front asks what the session is now, for another tab may have changed it.

use super::{
    dom::{self, document, window},
    fetch,
    session_watch::CHANGED,
};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::spawn_local;

/// What says that the tab is in front: shown again, focused, or back from the back/forward cache.
const IN_FRONT: [&str; 3] = ["visibilitychange", "focus", "pageshow"];

/// Where the question to the server is.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    None,
    Asked,
    /// On its way, and there is something newer than its answer may be.
    AskedTooEarly,
}

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

/// Calls `told` with the session whenever the tab comes to the front, or the session changes: `None` when it
/// has ended. While the server does not answer, nothing is told. Asking does not extend the session.
pub fn on_front(told: impl Fn(Option<SessionView>) + 'static) {
    let told = Rc::new(told);
    let question = Rc::new(Cell::new(Question::None));
    for sign in IN_FRONT.into_iter().chain([CHANGED]) {
        let (told, question) = (told.clone(), question.clone());
        dom::on(&window(), sign, move |_| {
            if document().hidden() {
                return;
            }
            match question.get() {
                Question::None => spawn_local(ask(told.clone(), question.clone())),
                // Showing a tab focuses it too: one question for both.
                _ if sign == CHANGED => question.set(Question::AskedTooEarly),
                _ => {}
            }
        });
    }
}

async fn ask(told: Rc<impl Fn(Option<SessionView>)>, question: Rc<Cell<Question>>) {
    loop {
        question.set(Question::Asked);
        let answer = session().await;
        if question.get() == Question::AskedTooEarly {
            continue;
        }
        question.set(Question::None);
        if let Some(session) = answer {
            told(session);
        }
        return;
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
