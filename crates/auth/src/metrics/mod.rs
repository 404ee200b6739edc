//! Metrics for Prometheus, served on a second address (`AUTH_METRICS_ADDR`).
//!
//! A label's value is a constant or a name from the configuration: no text of a request makes a new series. While
//! metrics are off, recording does nothing, and the store is not wrapped.

mod exporter;
mod names;
mod reference;
mod series;
mod store;

pub use reference::{METRICS, MetricInfo, MetricKind};
pub use series::{Counter, Histogram, Label};
pub(crate) use store::MeasuredStore;

use crate::{
    flow::FlowError,
    http::{EndpointKind, HttpError, HttpResponse},
};
use auth_types::EndReason;
use axum::response::Response;
use exporter::Exporter;
use prometheus_client::metrics::histogram::Histogram as PrometheusHistogram;
use std::{fmt::Display, future::Future, sync::Arc, time::Instant};

/// The upper bounds of the buckets for times, seconds.
pub const LATENCY_BUCKETS: &[f64] =
    &[0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0];

/// The status classes of answers.
const STATUS_CLASSES: [&str; 5] = ["1xx", "2xx", "3xx", "4xx", "5xx"];

/// The metrics of one app in this process. Cloning is cheap.
#[derive(Clone)]
pub struct Metrics(Arc<Inner>);

struct Inner {
    exporter: Option<Exporter>,
    /// The ids of the configured providers.
    providers: Vec<Label>,
    /// Requests by status class, looked up once. `None` while metrics are off.
    requests: Option<[PrometheusHistogram; STATUS_CLASSES.len()]>,
    sign_ins: Counter<2>,
    refusals: Counter<2>,
    refreshes: Counter<2>,
    sessions_begun: Counter<0>,
    sessions_ended: Counter<1>,
    store_operations: Histogram<2>,
    provider_requests: Histogram<3>,
}

impl Metrics {
    /// Creates the metrics of an app with these providers.
    pub(crate) fn new<'p>(is_on: bool, providers: impl Iterator<Item = &'p str>) -> Self {
        let registered = is_on.then(Exporter::default);
        let exporter = registered.as_ref();
        let requests = Exporter::histogram(exporter, &reference::HTTP_REQUESTS, LATENCY_BUCKETS);
        let [a, b, c, d, e] = STATUS_CLASSES.map(|class| requests.series([class.into()]));
        let inner = Inner {
            providers: providers.map(Label::configured).collect(),
            requests: a.zip(b).zip(c.zip(d)).zip(e).map(|(((a, b), (c, d)), e)| [a, b, c, d, e]),
            sign_ins: Exporter::counter(exporter, &reference::SIGN_INS),
            refusals: Exporter::counter(exporter, &reference::REFUSALS),
            refreshes: Exporter::counter(exporter, &reference::REFRESHES),
            sessions_begun: Exporter::counter(exporter, &reference::SESSIONS_BEGUN),
            sessions_ended: Exporter::counter(exporter, &reference::SESSIONS_ENDED),
            store_operations: Exporter::histogram(exporter, &reference::STORE_OPERATIONS, LATENCY_BUCKETS),
            provider_requests: Exporter::histogram(exporter, &reference::PROVIDER_REQUESTS, LATENCY_BUCKETS),
            exporter: registered,
        };
        Self(Arc::new(inner))
    }

    /// Whether `AUTH_METRICS_ADDR` is set.
    #[must_use]
    pub fn is_on(&self) -> bool {
        self.0.exporter.is_some()
    }

    /// Adds a counter. `info` lists its `N` labels.
    #[must_use]
    pub fn counter<const N: usize>(&self, info: &MetricInfo) -> Counter<N> {
        Exporter::counter(self.0.exporter.as_ref(), info)
    }

    /// Adds a histogram whose buckets have these upper bounds. `info` lists its `N` labels.
    #[must_use]
    pub fn histogram<const N: usize>(&self, info: &MetricInfo, buckets: &'static [f64]) -> Histogram<N> {
        Exporter::histogram(self.0.exporter.as_ref(), info, buckets)
    }

    /// Adds gauges without labels, whose values `ask` returns at each scrape, in order. Without an answer within a
    /// second, the scrape has no such series: an old value would hide the trouble.
    pub fn poll<const N: usize, F, Fut>(&self, infos: [&MetricInfo; N], ask: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Option<[f64; N]>> + Send + 'static,
    {
        if let Some(exporter) = &self.0.exporter {
            exporter.poll(infos, ask);
        }
    }

    /// The metrics in Prometheus' text format; `None` while metrics are off.
    pub(crate) async fn scrape(&self) -> Option<String> {
        Some(self.0.exporter.as_ref()?.scrape().await)
    }

    /// Starts to measure a request; `None` while metrics are off.
    pub(crate) fn begin_request(&self) -> Option<Instant> {
        self.0.requests.as_ref().map(|_| Instant::now())
    }

    /// Records the answer to a request.
    pub(crate) fn answered(&self, begun: Option<Instant>, response: &Response) {
        let (Some(begun), Some(requests)) = (begun, &self.0.requests) else { return };
        let class = usize::from(response.status().as_u16() / 100).clamp(1, STATUS_CLASSES.len()) - 1;
        requests[class].observe(begun.elapsed().as_secs_f64());
        if let Some(name) = crate::refusal::named(response, names::find) {
            self.count_refusal(name.unwrap_or(names::OTHER), None);
        }
    }

    /// Records a refused sign-in or handoff, whose answer is a redirect.
    pub(crate) fn refused(&self, error: &impl Display, provider: Option<&str>) {
        if self.is_on() {
            self.count_refusal(names::find(&error.to_string()).unwrap_or(names::OTHER), provider);
        }
    }

    fn count_refusal(&self, name: &'static str, provider: Option<&str>) {
        let provider = provider.and_then(|id| self.provider(id)).unwrap_or_else(|| "".into());
        self.0.refusals.add([name.into(), provider]);
    }

    /// Records a sign-in that came back from a provider. A provider in a path that is not configured is not counted.
    pub(crate) fn signed_in(&self, provider: &str, result: Result<(), &FlowError>) {
        let result = match result {
            Ok(()) => "success",
            Err(FlowError::LoginRequired) => "no_session",
            Err(FlowError::Unavailable(_) | FlowError::BadTokenAnswer | FlowError::Store(_)) => "unavailable",
            Err(_) => "refused",
        };
        self.count_by_provider(&self.0.sign_ins, provider, result);
    }

    /// Records an attempt to renew tokens.
    pub(crate) fn refreshed(&self, provider: &str, result: RefreshResult) {
        self.count_by_provider(&self.0.refreshes, provider, result.as_str());
    }

    fn count_by_provider(&self, counter: &Counter<2>, provider: &str, result: &'static str) {
        if let Some(provider) = self.provider(provider) {
            counter.add([provider, result.into()]);
        }
    }

    /// Records that a session began.
    pub(crate) fn session_begun(&self) {
        self.0.sessions_begun.add([]);
    }

    /// Records that this process ended a session.
    pub(crate) fn session_ended(&self, reason: EndReason) {
        self.0.sessions_ended.add([reason.as_str().into()]);
    }

    /// The label of a configured provider.
    fn provider(&self, id: &str) -> Option<Label> {
        self.0.providers.iter().find(|provider| provider.as_str() == id).cloned()
    }

    /// Returns what measures the requests to one provider; `None` while metrics are off.
    pub(crate) fn of_provider(&self, id: &str) -> ProviderRequests {
        ProviderRequests { provider: Label::configured(id), durations: self.0.provider_requests.clone() }
    }

    /// Adds the gauge of live sessions.
    pub(crate) fn poll_live_sessions<F, Fut>(&self, ask: F)
    where
        F: Fn() -> Fut + Send + Sync + 'static,
        Fut: Future<Output = Option<[f64; 1]>> + Send + 'static,
    {
        self.poll([&reference::LIVE_SESSIONS], ask);
    }

    /// Adds the gauge of open event streams.
    pub(crate) fn poll_event_streams(&self, count: impl Fn() -> f64 + Send + Sync + 'static) {
        self.poll([&reference::EVENT_STREAMS], move || std::future::ready(Some([count()])));
    }
}

/// Returns a count as the value of a gauge.
#[expect(clippy::cast_precision_loss, reason = "a gauge is a float; exact up to 2^53")]
#[must_use]
pub fn gauge_value(count: u64) -> f64 {
    count as f64
}

/// The result of an attempt to renew tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RefreshResult {
    Success,
    Refused,
    Unavailable,
    NotSaved,
}

impl RefreshResult {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Success => "success",
            Self::Refused => "refused",
            Self::Unavailable => "unavailable",
            Self::NotSaved => "not_saved",
        }
    }
}

/// Measures the requests to one provider.
#[derive(Clone, Debug)]
pub(crate) struct ProviderRequests {
    provider: Label,
    durations: Histogram<3>,
}

impl ProviderRequests {
    /// Records a request to an endpoint of the provider.
    pub(crate) fn record(
        &self,
        begun: Instant,
        endpoint: EndpointKind,
        answer: &Result<HttpResponse, HttpError>,
    ) {
        let result = match answer {
            Ok(answer) if answer.status().is_success() => "ok",
            Ok(answer) if answer.status().is_server_error() => "failed",
            Ok(_) => "refused",
            Err(_) => "unreachable",
        };
        let labels = [self.provider.clone(), endpoint.as_str().into(), result.into()];
        self.durations.observe(begun.elapsed().as_secs_f64(), labels);
    }
}
