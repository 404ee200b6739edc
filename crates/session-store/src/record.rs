//! The stored data of a session.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A session as a store keeps it: without its id, and with sealed tokens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Public handle, shown to the user and used to revoke the session. Does not reveal the id.
    pub public_id: String,
    /// The signed-in user.
    pub user: User,
    /// The provider's id, for example "auth0".
    pub provider: String,
    /// `iss` of the ID token; for a plain OAuth 2.0 provider its base URL.
    pub issuer: String,
    /// `sub` of the ID token.
    pub subject: String,
    /// `sid` of the ID token: the provider's own session (Back-Channel Logout 1.0 §2.1).
    pub sid: Option<String>,
    /// When the provider issued the ID token, by the provider's clock. Compared with the time of the provider's
    /// own logout tokens.
    pub issued_at: DateTime<Utc>,
    /// When the sign-in began, by the app's clock. Compared with the time of a logout.
    pub begun_at: DateTime<Utc>,
    /// Identity's reference for the browser of the sign-in. Identifies the session if the provider has no
    /// `sid`.
    pub browser: Option<String>,
    /// When this session began.
    pub created_at: DateTime<Utc>,
    /// Last recorded user activity.
    pub last_seen_at: DateTime<Utc>,
    /// When the session ends unless activity extends it.
    pub expires_at: DateTime<Utc>,
    /// When the provider last confirmed the session: at sign-in, refresh or check.
    pub checked_at: DateTime<Utc>,
    /// When the session ends, regardless of activity.
    pub absolute_expires_at: DateTime<Utc>,
    /// The app's own session data, as JSON.
    pub data: String,
    /// The provider's tokens, sealed.
    pub sealed_tokens: Vec<u8>,
    /// When the access token expires, if the provider said so. Readable without unsealing the tokens.
    pub tokens_expire_at: Option<DateTime<Utc>>,
    /// The browser as it named itself, truncated, for the user's list of devices.
    pub user_agent: Option<String>,
}

/// The user as the provider described them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Full name, if the provider sent one.
    pub name: Option<String>,
    /// Email address, if the provider sent one.
    pub email: Option<String>,
    /// URL of a picture, if the provider sent one.
    pub picture: Option<String>,
}

impl SessionRecord {
    /// Returns `provider:sub`, which is stable within one provider.
    #[must_use]
    pub fn user_id(&self) -> String {
        format!("{}:{}", self.provider, self.subject)
    }

    /// Checks whether `other` belongs to the same user at the same provider.
    #[must_use]
    pub fn same_user(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.subject == other.subject
    }
}
