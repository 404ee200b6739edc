//! What is known about a live session.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// A session as the store keeps it, without its id and with the tokens sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SessionRecord {
    /// Public handle, shown to the user and used to revoke; says nothing about the id.
    pub public_id: String,
    /// Who is signed in.
    pub user: User,
    /// Provider's id, for example "auth0".
    pub provider: String,
    /// `iss` of the ID token; for a plain OAuth 2.0 provider its base URL.
    pub issuer: String,
    /// `sub` of the ID token.
    pub subject: String,
    /// `sid` of the ID token: the provider's own session (Back-Channel Logout 1.0 §2.1).
    pub sid: Option<String>,
    /// When the provider issued the ID token, by its clock: its own logout tokens are compared with it.
    pub issued_at: DateTime<Utc>,
    /// When its sign-in began, by our clock: a logout is compared with it.
    pub begun_at: DateTime<Utc>,
    /// Identity's reference for the browser it was signed in with: names the session where the provider has no `sid`.
    pub browser: Option<String>,
    /// When this session began.
    pub created_at: DateTime<Utc>,
    /// Last user activity that was written down.
    pub last_seen_at: DateTime<Utc>,
    /// Ends here unless activity extends it.
    pub expires_at: DateTime<Utc>,
    /// When the provider last stood by it: at the sign-in, a refresh or a check.
    pub checked_at: DateTime<Utc>,
    /// Ends here whatever happens.
    pub absolute_expires_at: DateTime<Utc>,
    /// What the app keeps about the user in this session, as JSON.
    pub data: String,
    /// The provider's tokens, sealed.
    pub sealed_tokens: Vec<u8>,
    /// When the access token in there ends, if the provider said: known without opening the seal.
    pub tokens_expire_at: Option<DateTime<Utc>>,
    /// The browser as it named itself, cut to a sane length: for the user's list of devices.
    pub user_agent: Option<String>,
}

/// The user as the provider described them.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct User {
    /// Full name, if told.
    pub name: Option<String>,
    /// Email address, if told.
    pub email: Option<String>,
    /// URL of a picture, if told.
    pub picture: Option<String>,
}

impl SessionRecord {
    /// `provider:sub`: stable for one provider.
    #[must_use]
    pub fn user_id(&self) -> String {
        format!("{}:{}", self.provider, self.subject)
    }

    /// Whether `other` belongs to the same person at the same provider.
    #[must_use]
    pub fn same_user(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.subject == other.subject
    }
}
