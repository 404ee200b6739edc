//! Changes an app's session data by compare-and-set, so that no concurrent change is lost.

use super::{SessionKey, SessionRecord, Sessions, UpdateError};
use crate::{
    events::SessionEvent,
    store::{NewData, SessionState, StoreError},
};

/// Maximum attempts of a change. An attempt fails only if another change succeeded, so the limit needs this
/// many concurrent changes of one session.
const TRIES: usize = 100;

impl Sessions {
    /// Reads a session's data, computes the new data with `change`, and writes all of it or nothing. If
    /// another request was faster, `change` runs again on the newer data.
    ///
    /// # Errors
    /// An [`UpdateError`]. Only after [`UpdateError::Unavailable`] may the data have changed.
    pub(super) async fn change_data(
        &self,
        key: &SessionKey,
        change: impl Fn(&SessionRecord) -> Result<String, UpdateError>,
    ) -> Result<Box<SessionRecord>, UpdateError> {
        for _ in 0..TRIES {
            let SessionState::SignedIn(mut record) = self.store.load(key, self.clock.now()).await? else {
                return Err(UpdateError::SignedOut);
            };
            let data = change(&record)?;
            if data == record.data {
                return Ok(record);
            }
            let new = NewData { expected: &record.data, data: &data };
            let written = self.store.set_data(key, new, self.clock.now()).await;
            if self.forget_on_error(key, written)? {
                self.publish(SessionEvent::Changed(*key)).await;
                record.data = data;
                return Ok(record);
            }
        }
        Err(StoreError("too many concurrent changes of one session's data".into()).into())
    }
}
