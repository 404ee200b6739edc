//! A user's live sessions, as the list "My devices" shows them.

use serde::{Deserialize, Serialize};

/// A live session of the signed-in user. All times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Public handle for `DELETE /auth/sessions/{id}`. Never the session id.
    pub id: String,
    /// The browser, as it names itself: "Firefox on Linux".
    pub browser: String,
    /// When the user signed in with this session.
    pub signed_in_at: String,
    /// Last recorded user activity. Recording lags by up to a minute.
    pub last_seen_at: String,
    /// Whether this is the session of the current request.
    pub is_this_one: bool,
}
