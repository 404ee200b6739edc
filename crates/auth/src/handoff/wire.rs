//! The messages between app and identity at `POST /auth/external/handoff/verify`.

use crate::session::User;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// The app's request. The client authenticates in the `Authorization` header (`client_secret_basic`) or in
/// this message.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The token from the callback.
    #[serde(serialize_with = "exposed")]
    pub handoff_token: SecretString,
    /// The `state` that the app created for this browser.
    #[serde(serialize_with = "exposed")]
    pub state: SecretString,
    /// The app's client id at identity.
    pub client_id: String,
    /// The client secret (`client_secret_post`), from a client that sends no header.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_option")]
    pub client_secret: Option<SecretString>,
}

/// Identity's answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct VerifyAnswer {
    /// The access token for identity's `/userinfo`; not valid elsewhere.
    #[serde(serialize_with = "exposed")]
    pub access_token: SecretString,
    /// `Bearer` (RFC 6750).
    pub token_type: String,
    /// Lifetime of the access token, in seconds.
    pub expires_in: i64,
    /// The provider session that identity hands over.
    pub session: HandoffSession,
    /// The user of the session.
    pub user: HandoffUser,
}

/// A provider session, as identity knows it.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandoffSession {
    /// The provider's id at identity.
    pub provider: String,
    /// The provider's `iss`.
    pub iss: String,
    /// The user's `sub` at the provider.
    pub sub: String,
    /// The session's `sid` at the provider, for single logout.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Identity's reference for the browser, in place of a missing `sid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// How long ago the sign-in began, in milliseconds. An age, so that clocks of two machines are never
    /// compared. `None` from an older version of identity.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_ago: Option<u64>,
    /// When the session's ID token was issued.
    pub issued_at: DateTime<Utc>,
    /// When identity's session ends at the latest. The handed-over session lasts no longer.
    pub expires_at: DateTime<Utc>,
    /// The hint for signing out at the provider (RP-Initiated Logout 1.0 §2), so that the provider need not
    /// ask for confirmation. All apps are one client at the provider.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_option")]
    pub id_token_hint: Option<SecretString>,
}

/// The user, with the claim names of OpenID Connect Core §5.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffUser {
    /// Equal to the session's `sub`.
    pub sub: String,
    /// Full name, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Email address, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the provider says that the address belongs to the user.
    #[serde(default)]
    pub email_verified: bool,
    /// URL of a picture, if known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

impl HandoffUser {
    /// Returns the user, as a session keeps them.
    #[must_use]
    pub fn user(&self) -> User {
        User { name: self.name.clone(), email: self.email.clone(), picture: self.picture.clone() }
    }
}

// Secrets do not implement `Serialize`, so each field that sends a secret names a function.
fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "the shape that serde calls")]
fn exposed_option<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}
