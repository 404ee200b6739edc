//! Counters and histograms whose labels come from closed sets.

use super::MetricInfo;
use prometheus_client::{
    encoding::{EncodeLabelSet, EncodeLabelValue, LabelSetEncoder, LabelValueEncoder},
    metrics::{
        counter::Counter as PrometheusCounter,
        family::{Family, MetricConstructor},
        histogram::Histogram as PrometheusHistogram,
    },
    registry::Registry,
};
use std::{fmt, fmt::Write, sync::Arc, time::Instant};

/// The value of a label: a constant of the code, or a name from the configuration. Never a text of a request, because
/// each new value makes a new series.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Label(Value);

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Value {
    Constant(&'static str),
    Configured(Arc<str>),
}

impl Label {
    /// A label from the configuration, such as a provider's id. Make it when the process starts.
    #[must_use]
    pub fn configured(name: &str) -> Self {
        Self(Value::Configured(name.into()))
    }

    /// The label's text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        match &self.0 {
            Value::Constant(text) => text,
            Value::Configured(text) => text,
        }
    }
}

impl From<&'static str> for Label {
    fn from(constant: &'static str) -> Self {
        Self(Value::Constant(constant))
    }
}

impl EncodeLabelValue for Label {
    fn encode(&self, encoder: &mut LabelValueEncoder<'_>) -> fmt::Result {
        encoder.write_str(self.as_str())
    }
}

/// The labels of one series.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
struct Labels<const N: usize> {
    names: &'static [&'static str],
    values: [Label; N],
}

impl<const N: usize> EncodeLabelSet for Labels<N> {
    fn encode(&self, encoder: &mut LabelSetEncoder<'_>) -> fmt::Result {
        let pairs: Vec<_> = self.names.iter().copied().zip(self.values.iter().cloned()).collect();
        pairs.encode(encoder)
    }
}

/// The buckets of a histogram: their upper bounds.
#[derive(Clone, Copy, Debug)]
struct Buckets(&'static [f64]);

impl MetricConstructor<PrometheusHistogram> for Buckets {
    fn new_metric(&self) -> PrometheusHistogram {
        PrometheusHistogram::new(self.0.iter().copied())
    }
}

/// A counter with `N` labels. It does nothing while metrics are off.
#[derive(Clone, Debug)]
pub struct Counter<const N: usize> {
    names: &'static [&'static str],
    series: Option<Family<Labels<N>, PrometheusCounter>>,
}

impl<const N: usize> Counter<N> {
    pub(super) fn register(info: &MetricInfo, registry: Option<&mut Registry>) -> Self {
        let series = registry.map(|registry| {
            let series = Family::default();
            // The crate adds `_total`.
            let name = info.name.strip_suffix("_total").unwrap_or(info.name);
            registry.register(name, help(info), series.clone());
            series
        });
        Self { names: info.labels, series }
    }

    /// Adds one to the series with these labels.
    pub fn add(&self, labels: [Label; N]) {
        if let Some(series) = &self.series {
            series.get_or_create(&Labels { names: self.names, values: labels }).inc();
        }
    }
}

/// A histogram with `N` labels. It does nothing while metrics are off.
#[derive(Clone, Debug)]
pub struct Histogram<const N: usize> {
    names: &'static [&'static str],
    series: Option<Family<Labels<N>, PrometheusHistogram, Buckets>>,
}

impl<const N: usize> Histogram<N> {
    pub(super) fn register(
        info: &MetricInfo,
        buckets: &'static [f64],
        registry: Option<&mut Registry>,
    ) -> Self {
        let series = registry.map(|registry| {
            let series = Family::new_with_constructor(Buckets(buckets));
            registry.register(info.name, help(info), series.clone());
            series
        });
        Self { names: info.labels, series }
    }

    /// Starts to measure; `None` while metrics are off.
    pub(crate) fn begin(&self) -> Option<Instant> {
        self.series.as_ref().map(|_| Instant::now())
    }

    /// Records the time since [`begin`](Self::begin).
    pub(crate) fn end(&self, begun: Option<Instant>, labels: [Label; N]) {
        if let Some(begun) = begun {
            self.observe(begun.elapsed().as_secs_f64(), labels);
        }
    }

    /// Records a value.
    pub fn observe(&self, value: f64, labels: [Label; N]) {
        if let Some(series) = &self.series {
            series.get_or_create(&Labels { names: self.names, values: labels }).observe(value);
        }
    }

    /// The series with these labels, for a path where a look-up would cost too much.
    pub(super) fn series(&self, labels: [Label; N]) -> Option<PrometheusHistogram> {
        let labels = Labels { names: self.names, values: labels };
        self.series.as_ref().map(|series| series.get_or_create_owned(&labels))
    }
}

/// The help text of a metric, without Markdown. The crate adds a full stop in some formats.
pub(super) fn help(info: &MetricInfo) -> String {
    info.meaning.trim_end_matches('.').replace('`', "")
}
