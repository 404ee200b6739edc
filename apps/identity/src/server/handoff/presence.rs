//! Where a browser is signed in already: the launcher asks each app, server to server.

use super::mint::Handoffs;
use crate::server::{registry::RegisteredClient, signing::SigningKeys};
use auth::{Auth, config::ConfigError, handoff::SessionQuery, http::HttpClient, session::Session};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use url::form_urlencoded;

/// How long the launcher waits for an app.
const LIMIT: Duration = Duration::from_millis(500);

/// What an app says about a provider's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Presence {
    /// It has a live session with it.
    Active,
    /// It has none.
    None,
    /// It did not say, or not in time.
    Unknown,
}

/// Asks the apps.
pub(crate) struct PresenceClient {
    keys: SigningKeys,
    issuer: String,
    outside: HttpClient,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    active: bool,
}

impl PresenceClient {
    pub(crate) fn new(auth: &Auth) -> Result<Self, ConfigError> {
        let outside = HttpClient::public_addresses_only()
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        let issuer = auth.public_urls().canonical().to_owned();
        Ok(Self { keys: SigningKeys::new(auth.secrets()), issuer, outside })
    }
}

impl Handoffs {
    /// What the apps that may be opened say about the provider's session behind `session`, in the order of the
    /// registry. All are asked at once, and none is waited for longer than half a second.
    pub(crate) async fn presence(&self, session: &Session) -> Vec<(String, Presence)> {
        let apps = self.inner().registry.iter().filter(|app| app.handoff);
        let asked = apps.map(async |app| {
            let answer = timeout(LIMIT, self.ask(app, session)).await;
            (app.client_id.clone(), answer.ok().flatten().unwrap_or(Presence::Unknown))
        });
        join_all(asked).await
    }

    async fn ask(&self, app: &RegisteredClient, session: &Session) -> Option<Presence> {
        let inner = self.inner();
        // Where the app takes logout tokens it takes questions, and that address was checked for this.
        let url = app.backchannel_logout_uri.as_ref()?.join(SessionQuery::PATH).ok()?;
        let (record, now) = (&session.record, inner.auth.clock().now());
        // Without a `sid` nobody can tell this browser's sessions from the user's others.
        let sid = record.sid.as_ref()?;
        let claims = json!({
            "iss": inner.asker.issuer,
            "aud": app.client_id,
            "iat": now.timestamp(),
            "exp": (now + SessionQuery::LIFETIME).timestamp(),
            "sub_id": { "format": "iss_sub", "iss": record.issuer, "sub": record.subject },
            "sid": sid,
        });
        let query = inner.asker.keys.sign(SessionQuery::TYPE, &claims);
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("query", &query).finish();
        let http = if app.allow_private_network { inner.auth.http() } else { &inner.asker.outside };
        let answer = http.send(http.post_form(&url, form, None)).await.ok()?;
        let said: Answer =
            answer.status().is_success().then(|| serde_json::from_slice(answer.body()).ok())??;
        Some(if said.active { Presence::Active } else { Presence::None })
    }
}
