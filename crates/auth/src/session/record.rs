//! What is known about a live session.

use auth_types::{PublicData, PublicSession, PublicUser, SessionFacts};
use chrono::{DateTime, SecondsFormat, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

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

/// The provider's tokens. They never leave the server; sealed, they lie in the store.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tokens {
    /// For the provider's APIs and `/userinfo`. A session that was handed over has none.
    #[serde(serialize_with = "exposed_option")]
    pub access_token: Option<SecretString>,
    /// When the access token ends, if the provider said.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// To get the next access token.
    #[serde(serialize_with = "exposed_option")]
    pub refresh_token: Option<SecretString>,
    /// Kept for `id_token_hint` at sign-out.
    #[serde(serialize_with = "exposed_option")]
    pub id_token: Option<SecretString>,
}

// `secrecy` makes serialising a secret an explicit act; sealing is the one place that does it.
#[expect(clippy::ref_option, reason = "the shape that serde calls")]
fn exposed_option<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}

impl SessionRecord {
    /// `provider:sub`: stable for one provider.
    #[must_use]
    pub fn user_id(&self) -> String {
        format!("{}:{}", self.provider, self.subject)
    }

    /// What everybody may see of it, with `data` of the app.
    #[must_use]
    pub(super) fn public(&self, data: PublicData) -> PublicSession {
        let user = &self.user;
        PublicSession {
            user: PublicUser {
                id: self.user_id(),
                name: user.name.clone().or_else(|| user.email.clone()).unwrap_or_else(|| "User".into()),
                email: user.email.clone(),
                picture: user.picture.clone(),
                data,
            },
            expires: rfc3339(self.expires_at),
        }
    }

    /// What its own user sees on top.
    #[must_use]
    pub fn facts(&self) -> SessionFacts {
        SessionFacts {
            public_id: self.public_id.clone(),
            provider: self.provider.clone(),
            signed_in_at: rfc3339(self.created_at),
            last_seen_at: rfc3339(self.last_seen_at),
            absolute_expires: rfc3339(self.absolute_expires_at),
            has_provider_session: self.sid.is_some(),
        }
    }

    /// Whether `other` belongs to the same person at the same provider.
    #[must_use]
    pub fn same_user(&self, other: &Self) -> bool {
        self.issuer == other.issuer && self.subject == other.subject
    }
}

/// `2026-01-01T00:00:00Z`: whole seconds, UTC.
#[must_use]
pub(crate) fn rfc3339(at: DateTime<Utc>) -> String {
    at.to_rfc3339_opts(SecondsFormat::Secs, true)
}
