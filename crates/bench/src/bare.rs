//! The bare handler, the baseline of all ratios: one axum handler with a fixed answer and no layers.

use auth::server;
use auth_types::SessionStatus;
use axum::{Json, Router, routing::get};
use std::error::Error;

/// Serves a fixed answer at `GET /api/get-session-status`, with the listener, the runtime and the graceful
/// shutdown of the apps, but without layers.
pub(crate) async fn serve(listen: &str) -> Result<(), Box<dyn Error>> {
    let listener = server::listen("--listen", listen).await?;
    Ok(server::serve(listener, router(), || ()).await?)
}

fn router() -> Router {
    Router::new().route("/api/get-session-status", get(async || Json(SessionStatus::SIGNED_IN)))
}
