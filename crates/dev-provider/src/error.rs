//! Errors at start, and the response to an internal failure later.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};

/// Why the provider cannot start or continue.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The configuration is invalid.
    #[error("{setting}: {reason}")]
    Config {
        /// The setting, in `snake_case`.
        setting: &'static str,
        /// What is wrong with it.
        reason: &'static str,
    },
    /// The signing key could not be generated or parsed.
    #[error("signing key: {0}")]
    Key(String),
    /// The signing key's file could not be read or written.
    #[error("signing key in the data folder: {0}")]
    KeyFile(#[source] std::io::Error),
    /// A token could not be signed.
    #[error("signing: {0}")]
    Sign(String),
    /// The client for outgoing requests could not be built.
    #[error("http client: {0}")]
    HttpClient(#[source] reqwest::Error),
    /// The listener failed.
    #[error("serving: {0}")]
    Serve(#[source] std::io::Error),
}

/// An internal failure of the provider: 500, with the cause in the log only.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Failure {
    #[error(transparent)]
    Provider(#[from] Error),
    #[error("browser session: {0}")]
    Session(#[from] tower_sessions::session::Error),
}

impl IntoResponse for Failure {
    fn into_response(self) -> Response {
        tracing::error!(error = %self, "request failed");
        let sentence = "Something went wrong at the provider. See its log for the cause.";
        crate::pages::refusal(StatusCode::INTERNAL_SERVER_ERROR, "server_error", sentence)
    }
}
