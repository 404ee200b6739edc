//! The registry of metrics, and what a scrape reads.

use super::{Counter, Histogram, MetricInfo, Metrics, series::help};
use crate::server;
use axum::{
    Router,
    extract::State,
    response::{IntoResponse, Response},
    routing::get,
};
use futures::future::{BoxFuture, FutureExt, join_all};
use http::{StatusCode, header::CONTENT_TYPE};
use prometheus_client::{
    collector::Collector,
    encoding::{DescriptorEncoder, EncodeMetric, prometheus_text},
    metrics::gauge::ConstGauge,
    registry::Registry,
};
use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};
use tokio::{net::TcpListener, time::timeout};

/// How long a scrape waits for values that it must ask for.
const POLL_TIMEOUT: Duration = Duration::from_secs(1);
/// Maximum connections of scrapers.
const MAX_CONNECTIONS: usize = 16;

/// The registered metrics.
#[derive(Default)]
pub(super) struct Exporter {
    registry: Mutex<Registry>,
    polls: Mutex<Vec<Arc<Poll>>>,
    /// Lets one scrape at a time ask the store.
    scraping: tokio::sync::Mutex<()>,
}

/// Gauges whose values are asked for together.
struct Poll {
    gauges: Vec<Arc<PolledGauge>>,
    ask: Box<dyn Fn() -> BoxFuture<'static, Option<Vec<f64>>> + Send + Sync>,
}

/// A gauge that is missing without a current value.
#[derive(Debug)]
struct PolledGauge {
    info: MetricInfo,
    value: Mutex<Option<f64>>,
}

impl Collector for PolledGauge {
    fn encode(&self, mut encoder: DescriptorEncoder<'_>) -> fmt::Result {
        let Some(value) = *lock(&self.value) else { return Ok(()) };
        let gauge = ConstGauge::new(value);
        gauge.encode(encoder.encode_descriptor(
            self.info.name,
            &help(&self.info),
            None,
            gauge.metric_type(),
        )?)
    }
}

impl Exporter {
    /// Registers a counter, if metrics are on.
    pub(super) fn counter<const N: usize>(exporter: Option<&Self>, info: &MetricInfo) -> Counter<N> {
        let mut registry = exporter.map(|exporter| lock(&exporter.registry));
        Counter::register(info, registry.as_deref_mut())
    }

    /// Registers a histogram, if metrics are on.
    pub(super) fn histogram<const N: usize>(
        exporter: Option<&Self>,
        info: &MetricInfo,
        buckets: &'static [f64],
    ) -> Histogram<N> {
        let mut registry = exporter.map(|exporter| lock(&exporter.registry));
        Histogram::register(info, buckets, registry.as_deref_mut())
    }

    pub(super) fn poll<const N: usize, F, Fut>(&self, infos: [&MetricInfo; N], ask: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Option<[f64; N]>> + Send + 'static,
    {
        let gauges = infos.map(|info| Arc::new(PolledGauge { info: *info, value: Mutex::default() }));
        for gauge in &gauges {
            lock(&self.registry).register_collector(Box::new(gauge.clone()));
        }
        let ask = Box::new(move || ask().map(|values| values.map(Vec::from)).boxed());
        lock(&self.polls).push(Arc::new(Poll { gauges: gauges.to_vec(), ask }));
    }

    pub(super) async fn scrape(&self) -> String {
        let _one_at_a_time = self.scraping.lock().await;
        let polls = lock(&self.polls).clone();
        join_all(polls.iter().map(|poll| poll.run())).await;
        let mut text = String::new();
        if let Err(error) = prometheus_text::encode(&mut text, &lock(&self.registry)) {
            tracing::error!(%error, "metrics not written");
        }
        text
    }
}

impl Poll {
    async fn run(&self) {
        let values = timeout(POLL_TIMEOUT, (self.ask)()).await.ok().flatten();
        for (index, gauge) in self.gauges.iter().enumerate() {
            *lock(&gauge.value) = values.as_ref().and_then(|values| values.get(index).copied());
        }
    }
}

impl Metrics {
    /// Answers `GET /metrics` on `listener` until the future is dropped. All other addresses get 404.
    pub(crate) async fn serve(self, listener: TcpListener) {
        let router = Router::new().route("/metrics", get(answer)).with_state(self);
        server::serve_internal(listener, router, MAX_CONNECTIONS).await;
    }
}

async fn answer(State(metrics): State<Metrics>) -> Response {
    match metrics.scrape().await {
        Some(text) => ([(CONTENT_TYPE, prometheus_text::CONTENT_TYPE)], text).into_response(),
        None => StatusCode::NOT_FOUND.into_response(),
    }
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

#[cfg(test)]
mod tests {
    use super::super::{MetricInfo, MetricKind, Metrics};

    const QUICK: MetricInfo =
        MetricInfo { name: "quick", kind: MetricKind::Gauge, labels: &[], meaning: "A value." };
    const SLOW: MetricInfo = MetricInfo { name: "slow", ..QUICK };

    #[tokio::test(start_paused = true)]
    async fn a_scrape_does_not_wait_for_a_store_that_hangs() {
        let metrics = Metrics::new(true, ["demo"].into_iter());
        metrics.poll([&QUICK], || std::future::ready(Some([7.0])));
        metrics.poll([&SLOW], std::future::pending);
        let text = metrics.scrape().await.unwrap();
        assert!(text.contains("\nquick 7"), "{text}");
        assert!(!text.contains("slow"), "{text}");
    }

    #[tokio::test]
    async fn nothing_is_recorded_while_metrics_are_off() {
        let metrics = Metrics::new(false, ["demo"].into_iter());
        metrics.poll([&QUICK], || -> std::future::Ready<Option<[f64; 1]>> { panic!("asked") });
        metrics.session_begun();
        assert_eq!(metrics.begin_request(), None);
        assert_eq!(metrics.scrape().await, None);
    }
}
