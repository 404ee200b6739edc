//! The yardstick: what axum does for one handler that knows the answer, and nothing around it.

use auth::server;
use auth_types::SessionStatus;
use axum::{Json, Router, routing::get};
use std::error::Error;

/// Serves the answer of `GET /api/get-session-status` at that path, with the apps' own listener, runtime and
/// graceful end, without a layer.
pub(crate) async fn serve(listen: &str) -> Result<(), Box<dyn Error>> {
    let listener = server::listen("--listen", listen).await?;
    Ok(server::serve(listener, router(), || ()).await?)
}

fn router() -> Router {
    Router::new().route("/api/get-session-status", get(async || Json(SessionStatus::SIGNED_IN)))
}
