//! Delivers logout tokens to every registered app when a provider's session ends.
//!
//! Each app gets one row in the outbox. Deliveries start at once and run in parallel, with a timeout of two
//! seconds. A failed delivery is retried with backoff (1 s doubling to 60 s) and a fresh token, for 24 hours.
//! The rows are in the store, so a restart loses none.
//!
//! The number of concurrent deliveries is limited, in total and for each app. So neither a burst of logouts
//! nor a slow app delays the other apps. Pauses are jittered, so that retries do not coincide.

use super::{metrics::LogoutMetrics, token::logout_claims};
use crate::server::{
    messages::{Messenger, SendError},
    previews::{self, reference_for},
    registry::{RegisteredClient, Registry},
    signing::SigningKeys,
};
use auth::{
    Auth,
    clock::Clock,
    http::HttpClient,
    logout::{LogoutNotice, LogoutToken, NotifyApps},
    random::Random,
    request_id::RequestIds,
    store::{Delivery, NewDelivery, OriginStore, Outbox, StoreError},
};
use chrono::{DateTime, TimeDelta, Utc};
use futures::future::BoxFuture;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The maximum number of concurrent deliveries.
const MAX_CONCURRENT: usize = 64;
/// The maximum number of concurrent deliveries to one app.
const MAX_CONCURRENT_PER_APP: usize = 16;
/// How long a delivery waits if its app already has [`MAX_CONCURRENT_PER_APP`] of them.
const APP_LIMIT_PAUSE: Duration = Duration::from_secs(2);
/// How often the outbox is polled without a wake-up, for rows that another process left.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

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

    /// Delivers due rows until the future is dropped.
    pub(crate) async fn run(&self) {
        loop {
            let Ok(room) = self.0.under_way.clone().acquire_owned().await else { return };
            match self.take(1 + self.0.under_way.available_permits()).await {
                Ok(due) if due.is_empty() => {}
                Ok(due) => {
                    let mut room = Some(room);
                    for delivery in due {
                        let place = room.take().or_else(|| self.0.under_way.clone().try_acquire_owned().ok());
                        tokio::spawn(self.clone().deliver_within_limits(delivery, place));
                    }
                    continue;
                }
                Err(error) => tracing::warn!(%error, "outbox unavailable"),
            }
            let _ = timeout(POLL_INTERVAL, self.0.wake.notified()).await;
        }
    }

    async fn take(&self, most: usize) -> Result<Vec<Delivery>, StoreError> {
        let now = self.0.clock.now();
        // The lease is longer than one attempt. If this process dies, the row becomes due again.
        let until = now + TimeDelta::from_std(self.0.retry.timeout * 5).unwrap_or_default();
        self.0.outbox.take_due(now, until, most).await
    }

    /// Delivers now, or a little later if the app has reached its limit of concurrent deliveries.
    async fn deliver_within_limits(self, delivery: Delivery, _place: Option<OwnedSemaphorePermit>) {
        let Ok(payload) = serde_json::from_str::<Payload>(&delivery.payload) else {
            tracing::error!("unreadable outbox row discarded");
            return self.remove(&delivery).await;
        };
        let share = {
            let mut per_app_limits = self.0.per_app_limits.lock().unwrap_or_else(PoisonError::into_inner);
            let share = per_app_limits.entry(payload.client_id.clone());
            share.or_insert_with(|| Arc::new(Semaphore::new(MAX_CONCURRENT_PER_APP))).clone()
        };
        match share.try_acquire_owned() {
            Ok(_share) => match payload.request.clone() {
                Some(ids) => ids.scope(self.deliver(delivery, payload)).await,
                None => self.deliver(delivery, payload).await,
            },
            Err(_) => self.postpone(&delivery, self.jittered(APP_LIMIT_PAUSE)).await,
        }
    }

    async fn deliver(&self, delivery: Delivery, payload: Payload) {
        let app = self.0.registry.get(&payload.client_id);
        let recipient = app.and_then(|app| Some((app, app.logout_address(payload.origin.as_deref())?)));
        let Some((app, uri)) = recipient else {
            // The app has been removed from the registry since.
            return self.remove(&delivery).await;
        };
        let sent = self.post(app, &uri, &payload).await;
        let delay = payload.happened_at.map(|at| self.0.clock.now() - at);
        self.0.metrics.attempted(&app.client_id, sent.as_ref().map(|()| delay));
        match sent {
            Ok(()) => {
                tracing::info!(app = app.client_id, attempt = delivery.attempt, "logout delivered");
                self.remove(&delivery).await;
            }
            Err(error) => {
                let pause = self.pause_after(delivery.attempt);
                tracing::warn!(
                    app = app.client_id,
                    attempt = delivery.attempt,
                    %error,
                    ?pause,
                    "logout delivery failed"
                );
                self.postpone(&delivery, pause).await;
            }
        }
    }

    async fn postpone(&self, delivery: &Delivery, pause: Duration) {
        let due_at = self.0.clock.now() + TimeDelta::from_std(pause).unwrap_or_default();
        if let Err(error) = self.0.outbox.postpone(&delivery.id, due_at).await {
            tracing::warn!(%error, "outbox write failed");
        }
        let fan_out = self.clone();
        // In a separate task, so that the pause does not hold the permit of this delivery.
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            fan_out.0.wake.notify_one();
        });
    }

    /// Tries once to deliver a logout token.
    async fn post(&self, app: &RegisteredClient, uri: &url::Url, payload: &Payload) -> Result<(), SendError> {
        let now = self.0.clock.now();
        let notice = LogoutNotice {
            provider_issuer: &payload.provider_issuer,
            sid: payload.sid.as_deref(),
            sub: payload.sub.as_deref(),
            browser: payload.browser.as_deref(),
            happened_at: payload.happened_at.unwrap_or(now),
        };
        let claims = logout_claims(notice, now);
        self.0.messenger.send::<LogoutToken>(app, uri, claims, self.0.retry.timeout).await?;
        Ok(())
    }

    fn pause_after(&self, attempt: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(attempt.saturating_sub(1));
        self.jittered(self.0.retry.first_pause.saturating_mul(doubled).min(self.0.retry.longest_pause))
    }

    /// The pause with jitter: between three quarters of it and all of it.
    fn jittered(&self, pause: Duration) -> Duration {
        let [random] = self.0.random.bytes::<1>();
        pause - pause / 4 * u32::from(random) / 255
    }

    async fn remove(&self, delivery: &Delivery) {
        if let Err(error) = self.0.outbox.remove(&delivery.id).await {
            // The notice is then delivered again, which is idempotent.
            tracing::warn!(%error, "outbox write failed");
        }
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
