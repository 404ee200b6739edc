//! Asks for the session when the tab comes to the front, because another tab may have changed the session.

use super::{
    dom::{self, document, window},
    session_watch::CHANGED,
};
use crate::question::{IN_FRONT, SessionQuestion};
pub use ::session_watch::web::SessionView;

/// Calls `told` with the session when the tab comes to the front or the session changes; with `None` if the
/// session has ended. If the server does not answer, `told` is not called. Does not extend the session.
pub fn on_visible(told: impl Fn(Option<SessionView>) + 'static) {
    let question = SessionQuestion::new(told);
    for sign in IN_FRONT.into_iter().chain([CHANGED]) {
        let question = question.clone();
        dom::on(&window(), sign, move |_| {
            if document().hidden() {
                return;
            }
            if sign == CHANGED {
                question.ask_anew();
            } else {
                question.ask();
            }
        });
    }
}
