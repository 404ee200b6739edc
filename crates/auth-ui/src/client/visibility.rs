//! A tab that comes to the front asks what the session is now, for another tab may have changed it.

use super::{
    dom::{self, document, window},
    session_watch::CHANGED,
};
pub use ::session_watch::web::SessionView;
use ::session_watch::{Endpoints, web::session};
use std::{cell::Cell, rc::Rc};
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

/// Calls `told` with the session whenever the tab comes to the front, or the session changes: `None` when it
/// has ended. While the server does not answer, nothing is told. Asking does not extend the session.
pub fn on_visible(told: impl Fn(Option<SessionView>) + 'static) {
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
    let path = Endpoints::default().session;
    loop {
        question.set(Question::Asked);
        let answer = session(path).await;
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
