//! The session as `GET /auth/session` shows it.

use crate::{AppData, PublicData};
use serde::{Deserialize, Serialize};

/// A signed-in session, free of tokens: `{"user": {…}, "expires": "2026-01-01T00:00:00Z"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicSession {
    /// Who is signed in.
    pub user: PublicUser,
    /// Until when, if nothing extends it: RFC 3339, UTC.
    pub expires: String,
}

impl PublicSession {
    /// What the app may show of its own data about the user.
    #[must_use]
    pub fn data<D: AppData>(&self) -> D::Public {
        self.user.data.read::<D>()
    }
}

/// The signed-in user as an app may show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicUser {
    /// Stable for one provider: `provider:sub`.
    pub id: String,
    /// Name to greet with; falls back to the email address, then to "User".
    pub name: String,
    /// Email address, if the provider told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// URL of a picture, if the provider told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// What the app itself keeps about the user in this session, as far as it may be seen.
    #[serde(flatten)]
    pub data: PublicData,
}

/// The times of a session, milliseconds since 1970 by the server's clock: tabs count by that one, for their
/// own may be wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTimes {
    /// What time it is.
    pub now: i64,
    /// The last user activity that was written down.
    pub last_activity: i64,
    /// When the session ends, if nothing extends it.
    pub expires: i64,
}

/// What a page tells its tab, so that it need not ask for it. Durations in milliseconds.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TabFacts {
    /// The session's times when the page was written.
    pub times: SessionTimes,
    /// How long the user may be away (`AUTH_IDLE_TIMEOUT`); `None`: for as long as they like.
    pub idle_limit: Option<i64>,
    /// How long before that they are warned.
    pub idle_warning: i64,
    /// How often the tabs of an origin tell the server of activity at most.
    pub beacon_interval: i64,
    /// The origin of the hub, through which apps of the same site tell each other; `None` where there is none.
    pub hub: Option<String>,
}

/// The answer of `GET /api/get-session-status`: `{"status":200}` or `{"status":401}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStatus {
    /// 200 signed in, 401 signed out.
    pub status: u16,
}

impl SessionStatus {
    /// Signed in.
    pub const SIGNED_IN: Self = Self { status: 200 };
    /// Signed out.
    pub const SIGNED_OUT: Self = Self { status: 401 };

    /// Whether the answer says "signed in".
    #[must_use]
    pub fn is_signed_in(self) -> bool {
        self == Self::SIGNED_IN
    }
}
