//! Delivers the rows of the outbox: within the limits, and again after a failure.

use super::{FanOut, Payload};
use crate::server::{logout::token::logout_claims, messages::SendError, registry::RegisteredClient};
use auth::{
    logout::{LogoutNotice, LogoutToken},
    store::{Delivery, StoreError},
};
use chrono::TimeDelta;
use std::{
    sync::{Arc, PoisonError},
    time::Duration,
};
use tokio::{
    sync::{OwnedSemaphorePermit, Semaphore},
    time::timeout,
};

/// The maximum number of concurrent deliveries to one app.
const MAX_CONCURRENT_PER_APP: usize = 16;
/// How long a delivery waits if its app already has [`MAX_CONCURRENT_PER_APP`] of them.
const APP_LIMIT_PAUSE: Duration = Duration::from_secs(2);
/// How often the outbox is polled without a wake-up, for rows that another process left.
const POLL_INTERVAL: Duration = Duration::from_secs(5);

impl FanOut {
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
