//! Article 2's own data in the session, typed: the favourite number of the demo, or whatever an app keeps.

use super::{Session, SessionRecord};
use crate::{Auth, store::StoreError};
use auth_types::{AppData, Invalid, PublicData};
use axum::routing::MethodRouter;

/// Longest data of one session, bytes of JSON: it is read at every look at the session.
const MAX_DATA: usize = 4096;
/// The data of a session in which nothing was kept yet.
pub(super) const NO_DATA: &str = "{}";

/// An app's type, for the parts of this crate that do not know it by name.
#[derive(Clone, Copy, Debug)]
pub(crate) struct AppDataType {
    public: fn(&SessionRecord) -> PublicData,
    /// What changes it from a request.
    update: fn() -> MethodRouter<Auth>,
}

impl AppDataType {
    /// `update` answers the requests that change it.
    pub(crate) fn of<D: AppData>(update: fn() -> MethodRouter<Auth>) -> Self {
        Self { public: |record| PublicData::of(&read::<D>(record)), update }
    }

    pub(super) fn public(self, record: &SessionRecord) -> PublicData {
        (self.public)(record)
    }

    /// What answers `POST /api/update-user-data`.
    pub(crate) fn update(self) -> MethodRouter<Auth> {
        (self.update)()
    }
}

/// Why an app's data was not changed. Nothing is written then.
#[derive(Debug, thiserror::Error)]
pub enum UpdateError {
    /// A value was refused.
    #[error(transparent)]
    Invalid(Invalid),
    /// The data would be longer than a session may keep.
    #[error("user_data_too_large")]
    TooLarge,
    /// The session has ended meanwhile.
    #[error("signed_out")]
    SignedOut,
    /// The store does not answer.
    #[error("session_unavailable")]
    Unavailable(#[from] StoreError),
}

/// The data of a session. What cannot be read, because it is of an older or of another type, is the
/// default: that must not sign anybody out.
fn read<D: AppData>(record: &SessionRecord) -> D {
    if record.data == NO_DATA {
        return D::default();
    }
    serde_json::from_str(&record.data).unwrap_or_else(|error| {
        // Line and column only: the message could quote what is kept.
        let place = (error.line(), error.column());
        tracing::warn!(
            session = record.public_id,
            ?place,
            "the app's data cannot be read; its default is used"
        );
        D::default()
    })
}

impl Session {
    /// What the app keeps in this session, whole: fields that browsers never see included.
    #[must_use]
    pub fn data<D: AppData>(&self) -> D {
        read(&self.record)
    }
}

impl Auth {
    /// Changes what the app keeps in a session and returns it as it is then. Changes of other requests at
    /// the same time are kept, for [`AppData::apply`] runs on what they left.
    ///
    /// # Errors
    /// An [`UpdateError`]; nothing is written then.
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
