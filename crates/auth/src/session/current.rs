//! The session of a request, as the check before every handler found it.

use super::{Session, views};
use auth_types::{CurrentSession, PageSession};

/// What pages see of the session.
pub(crate) fn page_state(current: &CurrentSession<Session>) -> CurrentSession<PageSession> {
    let view =
        |session: Session| PageSession { session: session.public(), facts: views::facts(&session.record) };
    current.clone().map(|state| state.map(view))
}
