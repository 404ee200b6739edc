//! `GET /healthz` and `GET /readyz`, which answer for any host.

use crate::{Auth, provider::Provider};
use axum::{Json, extract::State, response::IntoResponse};
use http::StatusCode;
use serde_json::{Map, Value, json};

/// Says that the process is alive.
pub(super) async fn alive() -> &'static str {
    "ok"
}

/// Says whether this process can serve: `{"status": "ready", "store": "ok", "providers": {"demo": "ok"}}`.
///
/// Answers 503 with the status `draining` before the process stops, and with `store_down` if the store does not answer.
/// Providers are only named: their trouble is the same for all replicas, and sessions go on without them.
pub(super) async fn ready(State(auth): State<Auth>) -> impl IntoResponse {
    let word = |up: bool| if up { "ok" } else { "down" };
    let store = auth.sessions().ping().await.is_ok();
    let (status, name) = match (auth.is_draining(), store) {
        (true, _) => (StatusCode::SERVICE_UNAVAILABLE, "draining"),
        (false, false) => (StatusCode::SERVICE_UNAVAILABLE, "store_down"),
        (false, true) => (StatusCode::OK, "ready"),
    };
    let of =
        |provider: &Provider| (provider.config.id.clone(), word(provider.last_known_view().available).into());
    let providers: Map<String, Value> = auth.providers().iter().map(of).collect();
    (status, Json(json!({ "status": name, "store": word(store), "providers": providers })))
}
