//! `GET /auth/providers`, in the format of Auth.js.

use crate::{config::IdentityOrigins, origin::RequestOrigin, provider::Provider};
use axum::{
    Json,
    extract::{RawQuery, State},
};
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
    #[serde(flatten)]
    settings: Option<SettingsJson<'a>>,
}

/// What every visitor's browser sends to the provider.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct SettingsJson<'a> {
    client_id: &'a str,
    issuer: &'a str,
    scope: &'a str,
    params: String,
}

/// Returns an object keyed by provider id: `id`, `name`, `type` (`oidc` or `oauth`), `signinUrl`,
/// `callbackUrl`. With `?settings`, also `clientId`, `issuer`, `scope` and `params`: apps compare these values with
/// identity's when they start.
pub(super) async fn providers(
    State(configured): State<Arc<[Provider]>>,
    State(identity_origins): State<IdentityOrigins>,
    RequestOrigin(origin): RequestOrigin,
    RawQuery(query): RawQuery,
) -> Json<Map<String, Value>> {
    let wants_settings = query.as_deref() == Some("settings");
    let callbacks_at = identity_origins.canonical().unwrap_or(&origin);
    let shown = configured.iter().map(|provider| {
        let id = provider.config.id.as_str();
        let shown = ProviderJson {
            id,
            name: &provider.config.name,
            kind: if provider.is_oidc() { "oidc" } else { "oauth" },
            signin_url: origin.join(&format!("/auth/signin/{id}")),
            callback_url: callbacks_at.join(&format!("/auth/callback/{id}")),
            settings: wants_settings.then(|| SettingsJson {
                client_id: &provider.config.client_id,
                issuer: provider.config.issuer(),
                scope: &provider.config.scopes,
                params: provider.config.params_text(),
            }),
        };
        (id.to_owned(), json!(shown))
    });
    Json(shown.collect())
}
