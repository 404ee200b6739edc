//! The provider's tokens, and what is sealed with them.

use crate::flow_trace::{FlowTrace, known};
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

/// The sealed part of a session: its tokens, and the traces of its sign-in and of its last successful refresh.
#[derive(Serialize, Deserialize)]
pub(crate) struct SealedTokens {
    #[serde(flatten)]
    pub(crate) tokens: Tokens,
    /// An older version of the program may not know a kind of step. It then reads the tokens without that trace.
    #[serde(default, skip_serializing_if = "Vec::is_empty", deserialize_with = "known")]
    pub(crate) traces: Vec<FlowTrace>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_readable_beside_a_trace_of_a_later_version() {
        let tokens = r#""access_token":"a","access_expires_at":null,"refresh_token":"r","id_token":null"#;
        let known = r#"{"k":"refresh","a":"Games","b":0,"s":[[0,0,null,0]],"o":"done"}"#;
        for (traces, count) in [
            (String::new(), 0),
            (format!(r#","traces":[{known}]"#), 1),
            (format!(r#","traces":[{{"k":"refresh","a":"Games","b":0,"s":[[250,0,null,0]]}},{known}]"#), 1),
            (format!(r#","traces":[{{"k":"another flow","a":"Games","b":0,"s":[]}},{known},7]"#), 1),
        ] {
            let sealed: SealedTokens = serde_json::from_str(&format!("{{{tokens}{traces}}}")).unwrap();
            assert_eq!(sealed.tokens.refresh_token.unwrap().expose_secret(), "r");
            assert_eq!(sealed.traces.len(), count, "{traces}");
        }
        let old: Tokens = serde_json::from_str(&format!("{{{tokens},\"traces\":[{known}]}}")).unwrap();
        assert!(old.access_token.is_some(), "a version without traces reads the tokens");
    }
}
