//! A live session, as handlers and pages get it.

use super::{AppDataType, SessionKey, SessionRecord, SessionState, views};
use auth_types::{CurrentSession, PublicSession};
use http::request::Parts;
use std::sync::Arc;

/// A live session, as an argument of a handler. `Session` answers 401 to a signed-out request.
/// `Option<Session>` is for handlers that serve signed-out visitors too. Both answer 503 while the store does
/// not answer.
///
/// ```
/// # use auth::session::Session;
/// async fn greet(session: Option<Session>) -> String {
///     match session {
///         Some(session) => format!("Hello, {}!", session.public().user.name),
///         None => "Hello, stranger!".to_owned(),
///     }
/// }
/// ```
#[derive(Clone, Debug)]
pub struct Session {
    /// The session's key in the store.
    pub key: SessionKey,
    /// The session's record.
    pub record: Arc<SessionRecord>,
    pub(crate) app_data: Option<AppDataType>,
}

impl Session {
    /// Returns the session of a request behind [`protect`](crate::protect), for code that has only the
    /// request's parts.
    #[must_use]
    pub fn of(parts: &Parts) -> Option<Self> {
        match parts.extensions.get::<CurrentSession<Session>>() {
            Some(Ok(SessionState::SignedIn(session))) => Some(session.clone()),
            _ => None,
        }
    }

    /// Returns the public view of the session.
    #[must_use]
    pub fn public(&self) -> PublicSession {
        let data = self.app_data.map(|app_data| app_data.public(&self.record)).unwrap_or_default();
        views::public(&self.record, data)
    }
}
