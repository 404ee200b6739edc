//! The provider's tokens.

use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize, Serializer};

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
