//! The app's typed data in a session (article 2), such as the demo's favourite number.

use super::{Session, SessionRecord};
use crate::{Auth, store::StoreError};
use auth_types::{AppData, Invalid, PublicData};
use axum::routing::MethodRouter;

/// Longest data of one session, in bytes of JSON. Each lookup of the session loads the data.
const MAX_DATA: usize = 4096;
/// The data of a new session.
pub(super) const NO_DATA: &str = "{}";

/// An app's data type, for code of this crate that is not generic over the type.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppDataType {
    public: fn(&SessionRecord) -> PublicData,
    /// Builds the handler of requests that change the data.
    update: fn() -> MethodRouter<Auth>,
}

impl AppDataType {
    /// Describes the type `D`; `update` builds the handler of requests that change the data.
    pub(crate) fn of<D: AppData>(update: fn() -> MethodRouter<Auth>) -> Self {
        Self { public: |record| PublicData::of(&read::<D>(record)), update }
    }

    pub(super) fn public(self, record: &SessionRecord) -> PublicData {
        (self.public)(record)
    }

    /// Returns the handler of `POST /api/update-user-data`.
    pub(crate) fn update(self) -> MethodRouter<Auth> {
        (self.update)()
    }
}

/// Why an app's data was not changed.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// A value was refused.
    #[error(transparent)]
    Invalid(Invalid),
    /// The data would be longer than a session may keep.
    #[error("user_data_too_large")]
    TooLarge,
    /// The session has ended.
    #[error("signed_out")]
    SignedOut,
    /// The store does not answer. The change may or may not have been written.
    #[error("session_unavailable")]
    Unavailable(#[from] StoreError),
}

/// Reads the data of a session. Unreadable data, such as from an older or another type, becomes the default,
/// so that it does not sign the user out.
fn read<D: AppData>(record: &SessionRecord) -> D {
    if record.data == NO_DATA {
        return D::default();
    }
    serde_json::from_str(&record.data).unwrap_or_else(|error| {
        // Log only line and column, because the message could quote the data.
        let place = (error.line(), error.column());
        tracing::warn!(session = record.public_id, ?place, "app data unreadable; using the default");
        D::default()
    })
}

impl Session {
    /// Returns all data that the app keeps in this session, including fields that browsers never see.
    #[must_use]
    pub fn data<D: AppData>(&self) -> D {
        read(&self.record)
    }
}

impl Auth {
    /// Changes the app's data in a session, and returns the updated session. If another request was faster,
    /// [`AppData::apply`] runs again on the newer data, so both changes are kept.
    ///
    /// # Errors
    /// An [`UpdateError`]. Only after [`UpdateError::Unavailable`] may the data have changed.
    pub async fn update_data<D: AppData>(
        &self,
        session: &Session,
        update: &D::Update,
    ) -> Result<Session, UpdateError> {
        let change = |record: &SessionRecord| {
            let mut data = read::<D>(record);
            data.apply(update).map_err(UpdateError::Invalid)?;
            let json = serde_json::to_string(&data).map_err(|error| StoreError(error.to_string()))?;
            if json.len() > MAX_DATA { Err(UpdateError::TooLarge) } else { Ok(json) }
        };
        let record = self.sessions().change_data(&session.key, change).await?;
        Ok(self.sessions().session(session.key, record.into()))
    }
}
