//! Metrics of the fan-out.

use crate::server::messages::SendError;
use auth::{
    Auth,
    metrics::{Counter, Histogram, Label, MetricInfo, MetricKind, gauge_value},
};
use chrono::TimeDelta;

/// The upper bounds of the buckets for delays, seconds: up to a day, when a delivery expires.
const DELAY_BUCKETS: &[f64] =
    &[0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0, 300.0, 900.0, 3600.0, 21600.0, 86400.0];

const DELIVERIES: MetricInfo = MetricInfo {
    name: "onesession_logout_deliveries_total",
    kind: MetricKind::Counter,
    labels: &["app", "result"],
    meaning: "Attempts to deliver a logout token. `app`: the client id in the registry. `result`: `delivered`; `refused` \
              (the app answered with an error); `timeout`; `unreachable`. All but `delivered` are retried.",
};
const DELAYS: MetricInfo = MetricInfo {
    name: "onesession_logout_delivery_delay_seconds",
    kind: MetricKind::Histogram,
    labels: &["app"],
    meaning: "From the sign-out to the delivery of its logout token.",
};
const QUEUE: MetricInfo = MetricInfo {
    name: "onesession_logout_queue_deliveries",
    kind: MetricKind::Gauge,
    labels: &[],
    meaning: "Logout tokens that wait for delivery, of all processes on this store. Missing while the store does not \
              answer.",
};
const OLDEST: MetricInfo = MetricInfo {
    name: "onesession_logout_queue_oldest_seconds",
    kind: MetricKind::Gauge,
    labels: &[],
    meaning: "Age of the oldest logout token that waits; 0 if none waits. Missing while the store does not answer.",
};

/// The metrics that only identity has.
#[cfg(test)]
pub(crate) const METRICS: [MetricInfo; 4] = [DELIVERIES, DELAYS, QUEUE, OLDEST];

/// Records deliveries.
pub(super) struct LogoutMetrics {
    deliveries: Counter<2>,
    delays: Histogram<1>,
}

impl LogoutMetrics {
    /// Adds the metrics to those of `auth`. A delivery expires `lifetime` after it is queued.
    pub(super) fn new(auth: &Auth, lifetime: TimeDelta) -> Self {
        let metrics = auth.metrics();
        let (outbox, clock) = (auth.outbox(), auth.clock().clone());
        metrics.poll([&QUEUE, &OLDEST], move || {
            let (outbox, now) = (outbox.clone(), clock.now());
            async move {
                let backlog = outbox.backlog(now).await.ok()?;
                let age = backlog.first_expiry.map_or(TimeDelta::zero(), |expiry| now - (expiry - lifetime));
                Some([gauge_value(backlog.deliveries), age.as_seconds_f64().max(0.0)])
            }
        });
        Self { deliveries: metrics.counter(&DELIVERIES), delays: metrics.histogram(&DELAYS, DELAY_BUCKETS) }
    }

    /// Records an attempt to deliver to an app of the registry; after a success, with the time since the sign-out.
    pub(super) fn attempted(&self, client_id: &str, outcome: Result<Option<TimeDelta>, &SendError>) {
        let app = Label::configured(client_id);
        let result = match outcome {
            Ok(delay) => {
                if let Some(delay) = delay {
                    self.delays.observe(delay.as_seconds_f64().max(0.0), [app.clone()]);
                }
                "delivered"
            }
            Err(SendError::Refused(_)) => "refused",
            Err(SendError::Timeout) => "timeout",
            Err(SendError::Http(_)) => "unreachable",
        };
        self.deliveries.add([app, result.into()]);
    }
}
