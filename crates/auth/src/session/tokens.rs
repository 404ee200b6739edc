//! The provider's tokens.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

/// The provider's tokens. They never leave the server, and the store keeps them sealed.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct Tokens {
    /// The token for the provider's APIs and `/userinfo`. A handed-over session has none.
    #[serde(serialize_with = "exposed_option")]
    pub access_token: Option<SecretString>,
    /// When the access token ends, if the provider said.
    pub access_expires_at: Option<DateTime<Utc>>,
    /// The token for the next refresh.
    #[serde(serialize_with = "exposed_option")]
    pub refresh_token: Option<SecretString>,
    /// Kept for `id_token_hint` at sign-out.
    #[serde(serialize_with = "exposed_option")]
    pub id_token: Option<SecretString>,
}

// `secrecy` requires an explicit call to serialise a secret. Sealing is the only reason to do so.
#[expect(clippy::ref_option, reason = "the shape that serde calls")]
fn exposed_option<S: Serializer>(secret: &Option<SecretString>, serializer: S) -> Result<S::Ok, S::Error> {
    secret.as_ref().map(ExposeSecret::expose_secret).serialize(serializer)
}
