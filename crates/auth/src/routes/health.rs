//! `GET /healthz` and `GET /readyz`, which answer for any host.

use crate::{provider::Provider, session::Sessions};
use axum::{Json, extract::State, response::IntoResponse};
use futures::future::join_all;
use http::StatusCode;
use serde_json::{Map, Value, json};
use std::sync::Arc;

/// Says that the process is alive.
pub(super) async fn alive() -> &'static str {
    "ok"
}

/// Says whether the store and each provider answer: `{"store": "ok", "providers": {"demo": "ok"}}`. Answers
/// 503 if the store is down, or if no provider is reachable.
pub(super) async fn ready(
    State(sessions): State<Sessions>,
    State(providers): State<Arc<[Provider]>>,
) -> impl IntoResponse {
    let word = |up: bool| if up { "ok" } else { "down" };
    let store = sessions.ping().await.is_ok();
    let providers = join_all(
        providers
            .iter()
            .map(|provider| async move { (provider.config.id.clone(), provider.is_reachable().await) }),
    )
    .await;
    let any_provider = providers.iter().any(|(_, up)| *up);
    let status = if store && any_provider { StatusCode::OK } else { StatusCode::SERVICE_UNAVAILABLE };
    let providers: Map<String, Value> = providers.into_iter().map(|(id, up)| (id, word(up).into())).collect();
    (status, Json(json!({ "store": word(store), "providers": providers })))
}
