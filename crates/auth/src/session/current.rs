//! The session of a request, for its page.

use super::{Session, views};
use auth_types::{CurrentSession, PageSession};

/// Returns the session as pages see it.
pub(crate) fn page_state(current: &CurrentSession<Session>) -> CurrentSession<PageSession> {
    let view =
        |session: Session| PageSession { session: session.public(), facts: views::facts(&session.record) };
    current.clone().map(|state| state.map(view))
}
