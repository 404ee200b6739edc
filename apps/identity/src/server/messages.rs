//! Sends signed messages to apps: logout tokens, browser events and session queries.

use crate::server::{registry::RegisteredClient, signing::SigningKeys};
use auth::{
    Auth,
    clock::Clock,
    config::ConfigError,
    http::{HttpClient, HttpError, HttpResponse},
    message::SignedMessage,
    random::Random,
};
use chrono::{DateTime, Utc};
use http::StatusCode;
use secrecy::SecretString;
use serde_json::{Value, json};
use std::{sync::Arc, time::Duration};
use tokio::time::timeout;
use url::{Url, form_urlencoded};

/// Signs messages and posts them to apps; cheap to clone.
#[derive(Clone)]
pub(crate) struct Messenger(Arc<Inner>);

struct Inner {
    issuer: String,
    keys: SigningKeys,
    secret: SecretString,
    http: HttpClient,
    /// For the apps that may lie inside the private network.
    http_inside: HttpClient,
    clock: Clock,
    random: Random,
}

/// Why an app did not take a message. The text is for the log.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// The app did not answer in time.
    #[error("timed out")]
    Timeout,
    /// The app was not reached.
    #[error(transparent)]
    Http(#[from] HttpError),
    /// The app refused the message.
    #[error("answered {}", .0.as_u16())]
    Refused(StatusCode),
}

impl Messenger {
    /// Creates a messenger with the keys of `AUTH_SECRET`.
    ///
    /// # Errors
    /// A [`ConfigError`] when the TLS roots cannot be loaded, or when there is no secret.
    pub(crate) fn new(auth: &Auth) -> Result<Self, ConfigError> {
        let newest = auth.secrets().first().cloned();
        let secret = newest.ok_or_else(|| ConfigError::new("AUTH_SECRET", "is missing"))?;
        let http = auth
            .http()
            .public_addresses_only()
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            issuer: auth.public_urls().canonical().to_owned(),
            keys: SigningKeys::new(auth.secrets()),
            secret,
            http: http.within_suite(),
            http_inside: auth.http().clone(),
            clock: auth.clock().clone(),
            random: auth.random().clone(),
        })))
    }

    /// The keys that sign the messages.
    pub(crate) fn keys(&self) -> &SigningKeys {
        &self.0.keys
    }

    /// The newest secret. The names by which apps know a browser are derived from it.
    pub(crate) fn secret(&self) -> &SecretString {
        &self.0.secret
    }

    /// Signs a message for `app` and posts it to `url`. Each call signs a new message: others may have read a
    /// lost one, and its `jti` may be used up.
    ///
    /// # Errors
    /// [`SendError`] when the app does not answer with 2xx within `limit`.
    pub(crate) async fn send<M: SignedMessage>(
        &self,
        app: &RegisteredClient,
        url: &Url,
        claims: Value,
        limit: Duration,
    ) -> Result<HttpResponse, SendError> {
        let Inner { issuer, keys, clock, random, .. } = &*self.0;
        let envelope = Envelope { issuer, audience: &app.client_id, jti: &random.token(), now: clock.now() };
        let token = keys.message::<M>(envelope, claims);
        let form = form_urlencoded::Serializer::new(String::new()).append_pair(M::FIELD, &token).finish();
        let http = if app.allow_private_network { &self.0.http_inside } else { &self.0.http };
        let sent = timeout(limit, http.send(http.post_form(url, form, None))).await;
        let answer = sent.map_err(|_| SendError::Timeout)??;
        if answer.status().is_success() { Ok(answer) } else { Err(SendError::Refused(answer.status())) }
    }
}

/// The claims that every message has.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Envelope<'a> {
    /// `iss`.
    pub(crate) issuer: &'a str,
    /// `aud`, the client id of an app.
    pub(crate) audience: &'a str,
    /// The message's own id.
    pub(crate) jti: &'a str,
    /// The time of the signature.
    pub(crate) now: DateTime<Utc>,
}

impl SigningKeys {
    /// Signs a message: `claims`, and those of the envelope and of the kind `M`.
    #[must_use]
    pub(crate) fn message<M: SignedMessage>(&self, envelope: Envelope<'_>, mut claims: Value) -> String {
        let Envelope { issuer, audience, jti, now } = envelope;
        claims["iss"] = issuer.into();
        claims["aud"] = audience.into();
        claims["iat"] = now.timestamp().into();
        claims["exp"] = (now + M::LIFETIME).timestamp().into();
        claims["jti"] = jti.into();
        if let Some(event) = M::EVENT {
            claims["events"] = json!({ event: {} });
        }
        self.sign(M::TYPE, &claims)
    }
}
