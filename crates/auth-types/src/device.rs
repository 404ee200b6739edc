//! "My devices": a user's live sessions as the user sees them.

use serde::{Deserialize, Serialize};

/// One live session of the signed-in user, on some device. All times are RFC 3339, UTC.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeviceView {
    /// Public handle to end it by: `DELETE /auth/sessions/{id}`. Never the session id.
    pub id: String,
    /// What it runs in, as the browser names itself: "Firefox on Linux".
    pub browser: String,
    /// When the user signed in there.
    pub signed_in_at: String,
    /// Last user activity there that was written down (at most once a minute).
    pub last_seen_at: String,
    /// Whether it is the one that asks.
    pub is_this_one: bool,
}
