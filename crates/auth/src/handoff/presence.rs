//! Whether a browser has a live session at an app: identity's launcher asks, server to server, with a signed
//! question, and is told yes or no. No cookie follows anybody from app to app for this.

use super::Handoffs;
use crate::{
    Auth,
    config::ConfigError,
    http::HttpClient,
    jws::{Jws, Validity},
    logout::{LogoutTokenError, SigningKeys},
    origin::RegisteredClient,
    provider::{AskedBy, Unavailable},
    session::Session,
    store::StoreError,
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::join_all;
use serde::{Deserialize, Serialize};
use serde_json::json;
use std::time::Duration;
use tokio::time::timeout;
use url::form_urlencoded;

/// How long the launcher waits for an app.
const LIMIT: Duration = Duration::from_millis(500);
/// How long a question may be answered.
const LIFETIME: TimeDelta = TimeDelta::seconds(30);
/// The `typ` of a question, so that it passes for no logout token and the other way round (RFC 8725 §3.11).
const TYPE: &str = "session-query+jwt";
/// Where an app answers.
pub(crate) const PATH: &str = "/auth/session-query";

/// What an app says about a provider's session.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Presence {
    /// It has a live session with it.
    Active,
    /// It has none.
    None,
    /// It did not say, or not in time.
    Unknown,
}

/// Asks the apps.
pub(super) struct Asker {
    keys: SigningKeys,
    issuer: String,
    outside: HttpClient,
}

#[derive(Serialize, Deserialize)]
struct Answer {
    active: bool,
}

impl Asker {
    pub(super) fn new(auth: &Auth) -> Result<Self, ConfigError> {
        let outside = HttpClient::outside_only()
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        let issuer = auth.public_urls.canonical().to_string();
        Ok(Self { keys: SigningKeys::new(&auth.secrets), issuer, outside })
    }
}

impl Handoffs {
    /// What the apps that may be opened say about the provider's session behind `session`, in the order of the
    /// registry. All are asked at once, and none is waited for longer than half a second.
    pub async fn presence(&self, session: &Session) -> Vec<(String, Presence)> {
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
        let url = app.backchannel_logout_uri.as_ref()?.join(PATH).ok()?;
        let (record, now) = (&session.record, inner.auth.clock.now());
        // Without a `sid` nobody can tell this browser's sessions from the user's others.
        let sid = record.sid.as_ref()?;
        let claims = json!({
            "iss": inner.asker.issuer,
            "aud": app.client_id,
            "iat": now.timestamp(),
            "exp": (now + LIFETIME).timestamp(),
            "sub_id": { "format": "iss_sub", "iss": record.issuer, "sub": record.subject },
            "sid": sid,
        });
        let query = inner.asker.keys.sign(TYPE, &claims);
        let form = form_urlencoded::Serializer::new(String::new()).append_pair("query", &query).finish();
        let http = if app.allow_private_network { &inner.auth.http } else { &inner.asker.outside };
        let answer = http.send(http.post_form(&url, form, None)).await.ok()?;
        let said: Answer =
            answer.status().is_success().then(|| serde_json::from_slice(answer.body()).ok())??;
        Some(if said.active { Presence::Active } else { Presence::None })
    }
}

/// A question, as an app reads it.
#[derive(Deserialize)]
struct Query {
    iss: String,
    aud: String,
    iat: i64,
    exp: i64,
    sub_id: SubjectId,
    sid: String,
}

/// RFC 9493 §3.2.3.
#[derive(Deserialize)]
struct SubjectId {
    format: String,
    iss: String,
    sub: String,
}

/// Why a question was not answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum QueryRefusal {
    /// This app has no identity app.
    #[error("not_configured")]
    NotConfigured,
    /// It cannot be read, or is not signed by identity.
    #[error("query_signature")]
    Signature(#[from] LogoutTokenError),
    /// It is a token for something else.
    #[error("query_type")]
    Type,
    /// Of somebody else than identity, or for another app.
    #[error("query_audience")]
    Audience,
    /// Too old, or of the future.
    #[error("query_expired")]
    Expired,
    /// Identity's keys are not to be had.
    #[error(transparent)]
    Keys(#[from] Unavailable),
    /// The store does not answer.
    #[error("session_unavailable")]
    Store(#[from] StoreError),
}

/// Checks a question of identity's, and answers it.
pub(crate) async fn answer_session_query(auth: &Auth, text: &str) -> Result<bool, QueryRefusal> {
    let identity = auth.identity.as_ref().ok_or(QueryRefusal::NotConfigured)?;
    let needs_another_key = |error: &LogoutTokenError| *error == LogoutTokenError::UnknownKey;
    let jws = Jws::parse(text).map_err(LogoutTokenError::from)?;
    if jws.header.typ.as_deref() != Some(TYPE) {
        return Err(QueryRefusal::Type);
    }
    let query: Query =
        identity.keys.check(AskedBy::Anybody, needs_another_key, |jwks| Ok(jws.verified(jwks)?)).await??;
    let client = identity.client();
    let is_ours = query.iss == client.issuer.to_string()
        && query.aud == client.client_id
        && query.sub_id.format == "iss_sub";
    if !is_ours {
        return Err(QueryRefusal::Audience);
    }
    if !is_current(&query, auth.clock.now()) {
        return Err(QueryRefusal::Expired);
    }
    let SubjectId { iss, sub, .. } = &query.sub_id;
    let live = auth.store.of_user(iss, sub, auth.clock.now()).await?;
    Ok(live.iter().any(|session| session.sid.as_ref() == Some(&query.sid)))
}

fn is_current(query: &Query, now: DateTime<Utc>) -> bool {
    let is_short = query.exp.saturating_sub(query.iat) <= LIFETIME.num_seconds();
    is_short && Validity::check(query.iat, query.exp, now).is_ok()
}
