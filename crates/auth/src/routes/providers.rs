//! `GET /auth/providers`, in the format of Auth.js.

use crate::{
    config::IdentityOrigins,
    origin::RequestOrigin,
    provider::{Kind, Provider},
};
use axum::{Json, extract::State};
use serde::Serialize;
use serde_json::{Map, Value, json};
use std::sync::Arc;
use url::Url;

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct ProviderJson<'a> {
    id: &'a str,
    name: &'a str,
    #[serde(rename = "type")]
    kind: &'static str,
    signin_url: Url,
    callback_url: Url,
}

/// Returns an object keyed by provider id: `id`, `name`, `type` (`oidc` or `oauth`), `signinUrl`,
/// `callbackUrl`.
pub(super) async fn providers(
    State(configured): State<Arc<[Provider]>>,
    State(identity_origins): State<IdentityOrigins>,
    RequestOrigin(origin): RequestOrigin,
) -> Json<Map<String, Value>> {
    let callbacks_at = identity_origins.canonical().unwrap_or(&origin);
    let shown = configured.iter().map(|provider| {
        let id = provider.config.id.as_str();
        let shown = ProviderJson {
            id,
            name: &provider.config.name,
            kind: match provider.config.kind {
                Kind::Oidc { .. } => "oidc",
                Kind::GitHub { .. } => "oauth",
            },
            signin_url: origin.join(&format!("/auth/signin/{id}")),
            callback_url: callbacks_at.join(&format!("/auth/callback/{id}")),
        };
        (id.to_owned(), json!(shown))
    });
    Json(shown.collect())
}
