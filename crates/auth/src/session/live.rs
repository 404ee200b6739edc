//! A live session, as handlers and pages get it.

use super::{AppDataType, SessionKey, SessionRecord, SessionState, views};
use auth_types::{CurrentSession, PublicSession};
use http::request::Parts;
use std::sync::Arc;

/// A live session. `Session` as an argument answers 401 without one; `Option<Session>` is for
/// handlers that serve both. Either answers 503 when the store cannot say.
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
    /// Under which the store knows it.
    pub key: SessionKey,
    /// What is known about it.
    pub record: Arc<SessionRecord>,
    pub(crate) app_data: Option<AppDataType>,
}

impl Session {
    /// The session of a request that came through the layers, for code that has only its parts.
    #[must_use]
    pub fn of(parts: &Parts) -> Option<Self> {
        match parts.extensions.get::<CurrentSession<Session>>() {
            Some(Ok(SessionState::SignedIn(session))) => Some(session.clone()),
            _ => None,
        }
    }

    /// What everybody may see of it.
    #[must_use]
    pub fn public(&self) -> PublicSession {
        let data = self.app_data.map(|app_data| app_data.public(&self.record)).unwrap_or_default();
        views::public(&self.record, data)
    }
}
