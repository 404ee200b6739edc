//! Why a registry is rejected.

use auth::origin::OriginError;

/// Why the registry was rejected. The whole file is checked at start: one invalid entry stops identity.
#[derive(Debug, thiserror::Error)]
pub(crate) enum RegistryError {
    /// The file is missing or cannot be read.
    #[error("cannot read {path}: {source}")]
    Unreadable {
        /// The file.
        path: String,
        /// The error of the operating system.
        source: std::io::Error,
    },
    /// The file is not TOML, or fields are unknown or missing.
    #[error("{0}")]
    Malformed(String),
    /// An origin is invalid.
    #[error("app \"{client_id}\": origin \"{origin}\" {error}")]
    Origin {
        /// The client id of the app.
        client_id: String,
        /// The text as written.
        origin: String,
        /// What is wrong.
        error: OriginError,
    },
    /// Two entries have the same client id.
    #[error("app \"{0}\" is listed twice")]
    Duplicate(String),
    /// Identity must not call this address.
    #[error("app \"{client_id}\": {field} \"{uri}\" {problem}")]
    BackchannelUri {
        /// The client id of the app.
        client_id: String,
        /// The field with the address.
        field: &'static str,
        /// The text as written.
        uri: String,
        /// What is wrong.
        problem: &'static str,
    },
    /// The variable of a secret is not set, or the secret is too short.
    #[error(
        "app \"{client_id}\": client_secret_env names {variable}, which is not set (nor {variable}_FILE), or shorter than 32 bytes"
    )]
    Secret {
        /// The client id of the app.
        client_id: String,
        /// The environment variable.
        variable: String,
    },
    /// `handoff = true` without a secret, or without an origin that has no `*`.
    #[error("app \"{0}\": handoff = true needs client_secret_env and an origin without a *")]
    Handoff(String),
    /// The icon is not a URL of an accepted kind, or is too long.
    #[error("app \"{0}\": icon must be an https:// or data:image/ URL of at most 4096 bytes")]
    Icon(String),
    /// The client id has other characters than paths and HTML ids allow.
    #[error("app \"{0}\": client_id must have 1 to 64 letters, digits and dashes")]
    ClientId(String),
    /// The scopes or the parameters for a provider are not allowed, or identity has no such provider.
    #[error("app \"{client_id}\": providers.{provider}{problem}")]
    Request {
        /// The client id of the app.
        client_id: String,
        /// The id of the provider.
        provider: String,
        /// The field, and what is wrong.
        problem: String,
    },
    /// The entry breaks a rule for pull-request previews.
    #[error("app \"{client_id}\": {problem}")]
    Preview {
        /// The client id of the app.
        client_id: String,
        /// What is wrong.
        problem: String,
    },
    /// The entry has no origins.
    #[error("app \"{0}\" has no origins")]
    NoOrigins(String),
}
