//! Telling every registered app that a provider's session ended: identity's side.
//!
//! Each app has a row in the outbox. It is delivered at once, in parallel, two seconds at most for each; an
//! app that is down, slow or refuses has another try later, with a fresh token, until a day is over. The
//! rows are in the store, so a restart loses none.
//!
//! Deliveries under way are bounded, in all and for each app: however many logouts there are, and however slowly
//! one app answers, the others hear of theirs. Pauses have a random part, so that retries do not come in step.

use crate::server::{
    registry::{RegisteredClient, Registry},
    signing::SigningKeys,
};
use auth::{
    Auth,
    clock::Clock,
    config::ConfigError,
    http::HttpClient,
    logout::{LogoutNotice, NotifyApps},
    random::Random,
    store::{Delivery, NewDelivery, Outbox, StoreError},
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
use url::form_urlencoded;

/// How many deliveries are under way at once.
const IN_ALL: usize = 64;
/// How many of them may be for one app.
const PER_APP: usize = 16;
/// How long a delivery waits whose app has its share under way.
const SHARE_PAUSE: Duration = Duration::from_secs(2);
/// How often the outbox is looked at when nobody says that something is in it: for rows that another
/// process left.
const LOOK: Duration = Duration::from_secs(5);

/// How patient a delivery is.
#[derive(Clone, Copy, Debug)]
pub(crate) struct RetryPolicy {
    /// How long an app may take to answer.
    pub(crate) limit: Duration,
    /// The pause after the first failure; doubled after each further one.
    pub(crate) first_pause: Duration,
    /// The longest pause.
    pub(crate) longest_pause: Duration,
    /// After this long an app's sessions have been revalidated anyway.
    pub(crate) give_up: TimeDelta,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            limit: Duration::from_secs(2),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(60),
            give_up: TimeDelta::hours(24),
        }
    }
}

/// The fan-out of one identity process; cheap to clone.
#[derive(Clone)]
pub(crate) struct FanOut(Arc<Inner>);

struct Inner {
    issuer: String,
    keys: SigningKeys,
    registry: Arc<Registry>,
    outbox: Arc<dyn Outbox>,
    http: HttpClient,
    /// For the apps that may lie inside the network.
    http_inside: HttpClient,
    clock: Clock,
    random: Random,
    retry: RetryPolicy,
    wake: Notify,
    under_way: Arc<Semaphore>,
    /// Of each app, by its client id.
    shares: Mutex<HashMap<String, Arc<Semaphore>>>,
}

/// What has to be told to whom, as the outbox keeps it.
#[derive(Serialize, Deserialize)]
struct Payload {
    client_id: String,
    provider_issuer: String,
    sid: Option<String>,
    sub: Option<String>,
    #[serde(default)]
    browser: Option<String>,
    /// When it took place, by our clock, milliseconds since the epoch; not in rows of an older version.
    #[serde(default, with = "chrono::serde::ts_milliseconds_option")]
    happened_at: Option<DateTime<Utc>>,
}

impl FanOut {
    /// The fan-out to the apps of `registry`; nothing is delivered before [`run`](Self::run).
    ///
    /// # Errors
    /// A [`ConfigError`] when TLS has no roots.
    pub(crate) fn new(auth: &Auth, registry: Arc<Registry>, retry: RetryPolicy) -> Result<Self, ConfigError> {
        let outside = HttpClient::public_addresses_only()
            .map_err(|error| ConfigError::new("SSL_CERT_FILE", error.to_string()))?;
        Ok(Self(Arc::new(Inner {
            issuer: auth.public_urls().canonical().to_owned(),
            keys: SigningKeys::new(auth.secrets()),
            registry,
            outbox: auth.outbox(),
            http: outside,
            http_inside: auth.http().clone(),
            clock: auth.clock().clone(),
            random: auth.random().clone(),
            retry,
            wake: Notify::new(),
            under_way: Arc::new(Semaphore::new(IN_ALL)),
            shares: Mutex::default(),
        })))
    }

    /// The public halves of the keys.
    #[must_use]
    pub(crate) fn keys(&self) -> &SigningKeys {
        &self.0.keys
    }

    /// Notes that every app has to be told; returns as soon as that is kept. `cause` is the same for each
    /// try of the same notice, so that noting it twice is noting it once.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is noted.
    pub(crate) async fn enqueue_for_all(
        &self,
        cause: &[u8; 32],
        notice: LogoutNotice<'_>,
    ) -> Result<(), StoreError> {
        let now = self.0.clock.now();
        let deliveries = self
            .0
            .registry
            .iter()
            .filter(|app| app.backchannel_logout_uri.is_some())
            .map(|app| {
                let payload = Payload {
                    client_id: app.client_id.clone(),
                    provider_issuer: notice.provider_issuer.to_owned(),
                    sid: notice.sid.map(str::to_owned),
                    sub: notice.sub.map(str::to_owned),
                    browser: notice.browser.map(str::to_owned),
                    happened_at: Some(notice.happened_at),
                };
                let payload =
                    serde_json::to_string(&payload).map_err(|error| StoreError(error.to_string()))?;
                let id = Sha256::new().chain_update(cause).chain_update(&app.client_id).finalize().into();
                Ok(NewDelivery { id, payload, give_up_at: now + self.0.retry.give_up })
            })
            .collect::<Result<Vec<_>, StoreError>>()?;
        self.0.outbox.enqueue(&deliveries, now).await?;
        self.0.wake.notify_one();
        Ok(())
    }

    /// The same for a sign-out at this app, or at one that asked us to tell the others.
    ///
    /// # Errors
    /// [`StoreError`]; then nothing is noted.
    pub(crate) async fn enqueue_sign_out(&self, notice: LogoutNotice<'_>) -> Result<(), StoreError> {
        self.enqueue_for_all(&self.0.random.bytes(), notice).await
    }

    /// Delivers what is due, until the future is dropped.
    pub(crate) async fn run(&self) {
        loop {
            let Ok(room) = self.0.under_way.clone().acquire_owned().await else { return };
            match self.take(1 + self.0.under_way.available_permits()).await {
                Ok(due) if due.is_empty() => {}
                Ok(due) => {
                    let mut room = Some(room);
                    for delivery in due {
                        let place = room.take().or_else(|| self.0.under_way.clone().try_acquire_owned().ok());
                        tokio::spawn(self.clone().deliver_within_quota(delivery, place));
                    }
                    continue;
                }
                Err(error) => tracing::warn!(%error, "the outbox could not be looked at"),
            }
            let _ = timeout(LOOK, self.0.wake.notified()).await;
        }
    }

    async fn take(&self, most: usize) -> Result<Vec<Delivery>, StoreError> {
        let now = self.0.clock.now();
        // Longer than a try takes: should this process die in it, somebody has another.
        let until = now + TimeDelta::from_std(self.0.retry.limit * 5).unwrap_or_default();
        self.0.outbox.take_due(now, until, most).await
    }

    /// Delivers, unless as many as there may be are under way to the same app: then a little later.
    async fn deliver_within_quota(self, delivery: Delivery, _place: Option<OwnedSemaphorePermit>) {
        let Ok(payload) = serde_json::from_str::<Payload>(&delivery.payload) else {
            tracing::error!("a row of the outbox cannot be read");
            return self.settle(&delivery).await;
        };
        let share = {
            let mut shares = self.0.shares.lock().unwrap_or_else(PoisonError::into_inner);
            let share = shares.entry(payload.client_id.clone());
            share.or_insert_with(|| Arc::new(Semaphore::new(PER_APP))).clone()
        };
        match share.try_acquire_owned() {
            Ok(_share) => self.deliver(delivery, payload).await,
            Err(_) => self.try_later(&delivery, self.jittered(SHARE_PAUSE)).await,
        }
    }

    async fn deliver(&self, delivery: Delivery, payload: Payload) {
        let app = self.0.registry.get(&payload.client_id);
        let Some((app, uri)) = app.and_then(|app| Some((app, app.backchannel_logout_uri.as_ref()?))) else {
            // Taken out of the registry meanwhile.
            return self.settle(&delivery).await;
        };
        match self.post(app, uri, &payload).await {
            Ok(()) => {
                tracing::info!(app = app.client_id, tries = delivery.tries, "told an app of a logout");
                self.settle(&delivery).await;
            }
            Err(reason) => {
                let pause = self.pause_after(delivery.tries);
                tracing::warn!(
                    app = app.client_id,
                    tries = delivery.tries,
                    reason,
                    ?pause,
                    "an app was not told of a logout"
                );
                self.try_later(&delivery, pause).await;
            }
        }
    }

    async fn try_later(&self, delivery: &Delivery, pause: Duration) {
        let due_at = self.0.clock.now() + TimeDelta::from_std(pause).unwrap_or_default();
        if let Err(error) = self.0.outbox.try_later(&delivery.id, due_at).await {
            tracing::warn!(%error, "the outbox could not be written");
        }
        let fan_out = self.clone();
        // Not in the place of this delivery: others need it meanwhile.
        tokio::spawn(async move {
            tokio::time::sleep(pause).await;
            fan_out.0.wake.notify_one();
        });
    }

    /// One try, with a token of its own: one that was lost on the way may have been read by others.
    async fn post(&self, app: &RegisteredClient, uri: &url::Url, payload: &Payload) -> Result<(), String> {
        let now = self.0.clock.now();
        let notice = LogoutNotice {
            provider_issuer: &payload.provider_issuer,
            sid: payload.sid.as_deref(),
            sub: payload.sub.as_deref(),
            browser: payload.browser.as_deref(),
            happened_at: payload.happened_at.unwrap_or(now),
        };
        let jti = self.0.random.token();
        let token = self.0.keys.logout_token(&self.0.issuer, &app.client_id, &jti, notice, now);
        let form =
            form_urlencoded::Serializer::new(String::new()).append_pair("logout_token", &token).finish();
        let http = if app.allow_private_network { &self.0.http_inside } else { &self.0.http };
        let answer = http.send(http.post_form(uri, form, None));
        match timeout(self.0.retry.limit, answer).await {
            Err(_) => Err("it took too long".into()),
            Ok(Err(error)) => Err(error.to_string()),
            Ok(Ok(answer)) if answer.status().is_success() => Ok(()),
            Ok(Ok(answer)) => Err(format!("it answered {}", answer.status().as_u16())),
        }
    }

    fn pause_after(&self, tries: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.jittered(self.0.retry.first_pause.saturating_mul(doubled).min(self.0.retry.longest_pause))
    }

    /// Between three quarters of the pause and all of it.
    fn jittered(&self, pause: Duration) -> Duration {
        let [random] = self.0.random.bytes::<1>();
        pause - pause / 4 * u32::from(random) / 255
    }

    async fn settle(&self, delivery: &Delivery) {
        if let Err(error) = self.0.outbox.settle(&delivery.id).await {
            // It is delivered once more then, and ends what has ended.
            tracing::warn!(%error, "the outbox could not be written");
        }
    }
}

impl NotifyApps for FanOut {
    fn notify<'a>(&'a self, _: &'a HttpClient, _: &'a Clock, notice: LogoutNotice<'a>) -> BoxFuture<'a, ()> {
        Box::pin(async move {
            if let Err(error) = self.enqueue_sign_out(notice).await {
                tracing::error!(%error, "a sign-out could not be noted down: the apps are not told of it");
            }
        })
    }
}
