//! Asks for the session when the tab comes to the front, because another tab may have changed the session.

use super::{
    dom::{self, document, window},
    session_watch::CHANGED,
};
pub use ::session_watch::web::SessionView;
use ::session_watch::{Endpoints, web::session};
use std::{cell::Cell, rc::Rc};
use wasm_bindgen_futures::spawn_local;

/// The events of a tab that comes to the front: shown again, focused, or back from the back/forward cache.
const IN_FRONT: [&str; 3] = ["visibilitychange", "focus", "pageshow"];

/// The state of the question to the server.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Question {
    None,
    Asked,
    /// The session has changed since the question, so the answer may be out of date.
    Stale,
}

/// Calls `told` with the session when the tab comes to the front or the session changes; with `None` if the
/// session has ended. If the server does not answer, `told` is not called. Does not extend the session.
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
                // The browser also focuses a tab that it shows; the two events cause one question.
                _ if sign == CHANGED => question.set(Question::Stale),
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
        if question.get() == Question::Stale {
            continue;
        }
        question.set(Question::None);
        if let Some(session) = answer {
            told(session);
        }
        return;
    }
}
