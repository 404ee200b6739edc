//! What app and identity say to each other at `POST /auth/external/handoff/verify`.

use crate::session::User;
use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// The app's question. Client authentication is in the header (`client_secret_basic`) or here.
#[derive(Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VerifyRequest {
    /// The token as it came.
    #[serde(serialize_with = "exposed")]
    pub handoff_token: SecretString,
    /// The app's own `state`, which this browser began with.
    #[serde(serialize_with = "exposed")]
    pub state: SecretString,
    /// Who asks.
    pub client_id: String,
    /// `client_secret_post`, for a client that sends no header.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_option")]
    pub client_secret: Option<SecretString>,
}

/// Identity's answer.
#[derive(Debug, Serialize, Deserialize)]
pub struct VerifyAnswer {
    /// Opens identity's `/userinfo`, and nothing else.
    #[serde(serialize_with = "exposed")]
    pub access_token: SecretString,
    /// `Bearer` (RFC 6750).
    pub token_type: String,
    /// For how many seconds.
    pub expires_in: i64,
    /// The provider's session that is handed over.
    pub session: HandoffSession,
    /// Whose it is.
    pub user: HandoffUser,
}

/// The provider's session, as identity knows it.
#[derive(Debug, Serialize, Deserialize)]
pub struct HandoffSession {
    /// The provider's id at identity.
    pub provider: String,
    /// `iss` of the provider.
    pub iss: String,
    /// `sub` there.
    pub sub: String,
    /// `sid` there: single logout goes by it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sid: Option<String>,
    /// Identity's reference for the browser: it stands in where there is no `sid`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub browser: Option<String>,
    /// How long ago its sign-in began, milliseconds: clocks of two machines are not compared. Not told by an identity of
    /// an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub begun_ago: Option<u64>,
    /// When the ID token behind it was issued.
    pub issued_at: DateTime<Utc>,
    /// When identity's own session ends whatever happens: what comes of it lasts no longer.
    pub expires_at: DateTime<Utc>,
    /// For signing out at the provider (RP-Initiated Logout 1.0 §2), so that it need not ask whether this
    /// was meant. The apps are one client there.
    #[serde(default, skip_serializing_if = "Option::is_none", serialize_with = "exposed_option")]
    pub id_token_hint: Option<SecretString>,
}

/// The user, by the names of OpenID Connect Core §5.1.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct HandoffUser {
    /// The same as the session's.
    pub sub: String,
    /// Full name, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Email address, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub email: Option<String>,
    /// Whether the provider says that the address is theirs.
    #[serde(default)]
    pub email_verified: bool,
    /// URL of a picture, if told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub picture: Option<String>,
}

impl HandoffUser {
    /// The user as a session keeps them.
    #[must_use]
    pub fn user(&self) -> User {
        User { name: self.name.clone(), email: self.email.clone(), picture: self.picture.clone() }
    }
}

// To send a secret is an explicit act, here as where it is sealed.
fn exposed<S: Serializer>(secret: &SecretString, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(secret.expose_secret())
}

#[expect(clippy::ref_option, reason = "the shape that serde calls")]
fn exposed_option<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}
