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
