//! Every metric of an app, with its labels. `docs/metrics.md` is written from this table.

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct MetricInfo {
    /// The name, as Prometheus stores it. Base units: seconds. The name of a counter ends in `_total`.
    pub name: &'static str,
    /// The kind of metric.
    pub kind: MetricKind,
    /// The names of the labels.
    pub labels: &'static [&'static str],
    /// What the metric counts or measures, as a sentence.
    pub meaning: &'static str,
}

/// The kinds of metrics.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// A number that only grows.
    Counter,
    /// A number that rises and falls, read at each scrape.
    Gauge,
    /// A distribution, with the series `_bucket`, `_sum` and `_count`.
    Histogram,
}

impl MetricKind {
    /// The kind as a word.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Counter => "counter",
            Self::Gauge => "gauge",
            Self::Histogram => "histogram",
        }
    }
}

impl MetricInfo {
    /// The rows of a Markdown table about these metrics.
    #[must_use]
    pub fn markdown(metrics: &[Self]) -> String {
        let mut text = "| metric | kind | labels | meaning |\n|---|---|---|---|\n".to_owned();
        for Self { name, kind, labels, meaning } in metrics {
            let labels: Vec<_> = labels.iter().map(|label| format!("`{label}`")).collect();
            text += &format!("| `{name}` | {} | {} | {meaning} |\n", kind.as_str(), labels.join(", "));
        }
        text
    }

    /// The series that the metric has in Prometheus.
    #[must_use]
    pub fn series(&self) -> Vec<String> {
        match self.kind {
            MetricKind::Histogram => {
                ["bucket", "sum", "count"].map(|part| format!("{}_{part}", self.name)).to_vec()
            }
            MetricKind::Counter | MetricKind::Gauge => vec![self.name.to_owned()],
        }
    }
}

use MetricKind::{Counter, Gauge, Histogram};

const fn metric(
    name: &'static str,
    kind: MetricKind,
    labels: &'static [&'static str],
    meaning: &'static str,
) -> MetricInfo {
    MetricInfo { name, kind, labels, meaning }
}

pub(super) const HTTP_REQUESTS: MetricInfo = metric(
    "onesession_http_request_duration_seconds",
    Histogram,
    &["status"],
    "Requests, from the end of the head until the answer begins. `status`: `1xx` to `5xx`.",
);
pub(super) const SIGN_INS: MetricInfo = metric(
    "onesession_sign_ins_total",
    Counter,
    &["provider", "result"],
    "Sign-ins that came back from a provider. `result`: `success`; `no_session` (a silent sign-in without a session at \
     the provider); `refused`; `unavailable` (the provider or the store).",
);
pub(super) const REFUSALS: MetricInfo = metric(
    "onesession_refusals_total",
    Counter,
    &["name", "provider"],
    "Refused requests by the name of the error, as in the log; `other` for names that this library does not know. \
     `provider` is empty if the provider is not known.",
);
pub(super) const REFRESHES: MetricInfo = metric(
    "onesession_refreshes_total",
    Counter,
    &["provider", "result"],
    "Attempts to renew tokens at a provider. `result`: `success`; `refused` (the session ends); `unavailable` (the \
     session stays); `not_saved`.",
);
pub(super) const SESSIONS_BEGUN: MetricInfo = metric(
    "onesession_sessions_begun_total",
    Counter,
    &[],
    "Sessions that began, by a sign-in or a handoff.",
);
pub(super) const SESSIONS_ENDED: MetricInfo = metric(
    "onesession_sessions_ended_total",
    Counter,
    &["reason"],
    "Sessions that this process ended. `reason`: `signed_out`, `revoked`, `idle`, `expired` or `user_changed`. A session \
     that reaches its age unused is not counted.",
);
pub(super) const LIVE_SESSIONS: MetricInfo = metric(
    "onesession_live_sessions",
    Gauge,
    &[],
    "Sessions in the store that have neither ended nor expired, of all processes and apps on this store: take the \
     maximum over processes, not the sum. Missing while the store does not answer.",
);
pub(super) const EVENT_STREAMS: MetricInfo =
    metric("onesession_event_streams", Gauge, &[], "Open event streams of this process.");
pub(super) const STORE_OPERATIONS: MetricInfo = metric(
    "onesession_store_operation_duration_seconds",
    Histogram,
    &["operation", "result"],
    "Calls of the session store. `result`: `ok`, or `error` without a usable answer.",
);
pub(super) const PROVIDER_REQUESTS: MetricInfo = metric(
    "onesession_provider_request_duration_seconds",
    Histogram,
    &["provider", "endpoint", "result"],
    "Requests to providers. `endpoint`: `metadata`, `keys`, `token`, `userinfo` or `revocation`. `result`: `ok` (2xx), \
     `refused` (3xx, 4xx), `failed` (5xx) or `unreachable`.",
);

/// All metrics that every app has.
pub const METRICS: &[MetricInfo] = &[
    HTTP_REQUESTS,
    SIGN_INS,
    REFUSALS,
    REFRESHES,
    SESSIONS_BEGUN,
    SESSIONS_ENDED,
    LIVE_SESSIONS,
    EVENT_STREAMS,
    STORE_OPERATIONS,
    PROVIDER_REQUESTS,
];
