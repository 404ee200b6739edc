//! Changing what an app keeps in a session, without losing what somebody else changes at the same time.

use super::{SessionKey, SessionRecord, Sessions, UpdateError};
use crate::{
    events::SessionEvent,
    store::{NewData, SessionState, StoreError},
};

/// How often a change is tried again when others were faster. Each time one of them was done, so this
/// many changes of one session happened during this one.
const TRIES: usize = 100;

impl Sessions {
    /// Reads a session's data, lets `change` make the new one from it, and writes that: all of it or
    /// nothing. When another request was faster `change` runs again, on what that one left.
    ///
    /// # Errors
    /// An [`UpdateError`]; nothing is written then.
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
            if self.known(key, written)? {
                self.publish(SessionEvent::Changed(*key)).await;
                record.data = data;
                return Ok(record);
            }
        }
        Err(StoreError("the data of one session is changed by too many at once".into()).into())
    }
}
