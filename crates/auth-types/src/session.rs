//! The session as `GET /auth/session` returns it.

use crate::{AppData, PublicData};
use serde::{Deserialize, Serialize};

/// A live session without tokens: `{"user": {…}, "expires": "2026-01-01T00:00:00Z"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicSession {
    /// The signed-in user.
    pub user: PublicUser,
    /// When the session ends unless activity extends it: RFC 3339, UTC.
    pub expires: String,
}

impl PublicSession {
    /// Returns the public view of the app's session data.
    #[must_use]
    pub fn data<D: AppData>(&self) -> D::Public {
        self.user.data.read::<D>()
    }
}

/// The signed-in user, as pages may show them.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PublicUser {
    /// `provider:sub`, stable within one provider.
    pub id: String,
    /// Display name; falls back to the email address, then to "User".
    pub name: String,
    /// Email address, if the provider sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// URL of a picture, if the provider sent one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
    /// The public view of the app's session data.
    #[serde(flatten)]
    pub data: PublicData,
}

/// The times of a session, in milliseconds since 1970 by the server's clock. Tabs use the server's clock,
/// because their own clock may be wrong.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionTimes {
    /// The current time.
    pub now: i64,
    /// The last recorded user activity.
    pub last_activity: i64,
    /// When the session ends unless activity extends it.
    pub expires: i64,
}

/// Session facts that a page passes to its tab, so that the tab need not ask the server. Durations are in
/// milliseconds.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct TabFacts {
    /// The session's times when the page was rendered.
    pub times: SessionTimes,
    /// How long the user may be inactive (`AUTH_IDLE_TIMEOUT`); `None` means no limit.
    pub idle_limit: Option<i64>,
    /// How long before the idle limit the user is warned.
    pub idle_warning: i64,
    /// The shortest time between two activity reports from the tabs of one origin.
    pub beacon_interval: i64,
    /// The origin of the hub, through which apps of the same site exchange events; `None` without a hub.
    pub hub: Option<String>,
}

/// The answer of `GET /api/get-session-status`: `{"status":200}` or `{"status":401}`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct SessionStatus {
    /// 200 when signed in, 401 when signed out.
    pub status: u16,
}

impl SessionStatus {
    /// Signed in.
    pub const SIGNED_IN: Self = Self { status: 200 };
    /// Signed out.
    pub const SIGNED_OUT: Self = Self { status: 401 };

    /// Checks whether the user is signed in.
    #[must_use]
    pub fn is_signed_in(self) -> bool {
        self == Self::SIGNED_IN
    }
}
