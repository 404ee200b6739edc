//! Delivers logout tokens to every registered app when a provider's session ends.
//!
//! Each app gets one row in the outbox. Deliveries start at once and run in parallel, with a timeout of two
//! seconds. A failed delivery is retried with backoff (1 s doubling to 60 s) and a fresh token, for 24 hours.
//! The rows are in the store, so a restart loses none.
//!
//! The number of concurrent deliveries is limited, in total and for each app. So neither a burst of logouts
//! nor a slow app delays the other apps. Pauses are jittered, so that retries do not coincide.

mod delivery;

use super::metrics::LogoutMetrics;
use crate::server::{
    messages::Messenger,
    previews::{self, reference_for},
    registry::{RegisteredClient, Registry},
    signing::SigningKeys,
};
use auth::{
    Auth,
    clock::Clock,
    http::HttpClient,
    logout::{LogoutNotice, NotifyApps},
    random::Random,
    request_id::RequestIds,
    store::{NewDelivery, OriginStore, Outbox, StoreError},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex},
    time::Duration,
};
use tokio::sync::{Notify, Semaphore};

/// The maximum number of concurrent deliveries.
const MAX_CONCURRENT: usize = 64;
/// How long a delivery to a preview is retried.
const PREVIEW_EXPIRE_AFTER: TimeDelta = TimeDelta::minutes(10);

/// The timeout and the backoff of deliveries.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// The timeout of one attempt.
    pub(crate) timeout: Duration,
    /// The pause after the first failure; it doubles after each further failure.
    pub(crate) first_pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
    /// How long a delivery is retried. After that, apps have revalidated their sessions anyway.
    pub(crate) expire_after: TimeDelta,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(2),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            expire_after: TimeDelta::hours(24),
        }
    }
}

/// The fan-out of one identity process; cheap to clone.
#[derive(Clone)]
pub(crate) struct FanOut(Arc<Inner>);

struct Inner {
    messenger: Messenger,
    registry: Arc<Registry>,
    outbox: Arc<dyn Outbox>,
    origins: Arc<dyn OriginStore>,
    clock: Clock,
    random: Random,
    retry: RetryPolicy,
    wake: Notify,
    under_way: Arc<Semaphore>,
    /// The limit of each app, by client id.
    per_app_limits: Mutex<HashMap<String, Arc<Semaphore>>>,
    metrics: LogoutMetrics,
}

/// One delivery, as the outbox stores it.
#[derive(Serialize, Deserialize)]
struct Payload {
    client_id: String,
    /// The origin of the preview to tell; `None` for other apps.
    #[serde(default)]
    origin: Option<String>,
    provider_issuer: String,
    sid: Option<String>,
    sub: Option<String>,
    #[serde(default)]
    browser: Option<String>,
    /// When the logout happened, by identity's clock, in milliseconds since the epoch. Missing in rows of an
    /// older version.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option")]
    happened_at: Option<DateTime<Utc>>,
    /// The ids of the request that caused the notice.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    request: Option<RequestIds>,
}

impl FanOut {
    /// Creates the fan-out to the apps of `registry`. Nothing is delivered before [`run`](Self::run).
    pub(crate) fn new(
        auth: &Auth,
        registry: Arc<Registry>,
        messenger: Messenger,
        retry: RetryPolicy,
    ) -> Self {
        Self(Arc::new(Inner {
            messenger,
            registry,
            outbox: auth.outbox(),
            origins: auth.app_origins(),
            clock: auth.clock().clone(),
            random: auth.random().clone(),
            retry,
            wake: Notify::new(),
            under_way: Arc::new(Semaphore::new(MAX_CONCURRENT)),
            per_app_limits: Mutex::default(),
            metrics: LogoutMetrics::new(auth, retry.expire_after),
        }))
    }

    /// The signing keys.
    #[must_use]
    pub(crate) fn keys(&self) -> &SigningKeys {
        self.0.messenger.keys()
    }

    /// Queues a delivery to every app, and returns once the deliveries are stored. `cause` identifies the
    /// notice: a second call with the same cause queues nothing new.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is queued.
    pub(crate) async fn enqueue_for_all(
        &self,
        cause: &[u8; 32],
        notice: LogoutNotice<'_>,
    ) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let deliveries = self
            .recipients(&notice, now)
            .await
            .into_iter()
            .map(|(app, origin)| {
                let id = Sha256::new().chain_update(cause).chain_update(&app.client_id);
                let id = id.chain_update(origin.as_deref().unwrap_or_default()).finalize().into();
                let payload = Payload {
                    client_id: app.client_id.clone(),
                    origin,
                    provider_issuer: notice.provider_issuer.to_owned(),
                    sid: notice.sid.map(str::to_owned),
                    sub: notice.sub.map(str::to_owned),
                    browser: notice
                        .browser
                        .map(|browser| reference_for(app, browser, self.0.messenger.secret())),
                    happened_at: Some(notice.happened_at),
                    request: RequestIds::current(),
                };
                let payload =
                    serde_json::to_string(&payload).map_err(|error| StoreError(error.to_string()))?;
                let expire_after = self.0.retry.expire_after;
                // A preview that is gone does not fill the queue.
                let expire_after =
                    if app.preview.is_some() { expire_after.min(PREVIEW_EXPIRE_AFTER) } else { expire_after };
                Ok(NewDelivery { id, payload, expires_at: now + expire_after })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        self.0.outbox.enqueue(&deliveries, now).await?;
        self.0.wake.notify_one();
        Ok(())
    }

    /// The apps to tell, and the origins of the previews that the notice concerns.
    async fn recipients(
        &self,
        notice: &LogoutNotice<'_>,
        now: DateTime<Utc>,
    ) -> Vec<(&RegisteredClient, Option<String>)> {
        let mut recipients = Vec::new();
        for app in self.0.registry.iter() {
            if app.backchannel_logout_uri.is_some() {
                recipients.push((app, None));
            }
            if app.preview.is_some() {
                let origins = previews::concerned(&*self.0.origins, app, notice, now).await;
                // Previews never keep the other apps from being told.
                let origins = origins.unwrap_or_else(|error| {
                    tracing::warn!(%error, app = app.client_id, "previews not told of a logout");
                    Vec::new()
                });
                recipients.extend(origins.into_iter().map(|origin| (app, Some(origin))));
            }
        }
        recipients
    }

    /// Queues the notice of a sign-out at identity, or at an app that asked identity to tell the others.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is queued.
    pub(crate) async fn enqueue_sign_out(&self, notice: LogoutNotice<'_>) -> Result<(), StoreError> {
        self.enqueue_for_all(&self.0.random.bytes(), notice).await
    }
}

impl NotifyApps for FanOut {
    fn notify<'a>(&'a self, _: &'a HttpClient, _: &'a Clock, notice: LogoutNotice<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let Err(error) = self.enqueue_sign_out(notice).await {
                tracing::error!(%error, "sign-out not queued: the other apps are not told");
            }
        })
    }
}
