//! The metrics of the fan-out, and the documents about all metrics.

use super::*;
use crate::server::logout;
use auth::metrics::{METRICS, MetricInfo};
use serde_json::Value;
use std::{collections::BTreeSet, path::Path};
use test_support::until;

fn all_metrics() -> Vec<MetricInfo> {
    METRICS.iter().chain(&logout::METRICS).copied().collect()
}

async fn measured() -> World {
    let vars = vec![("AUTH_METRICS_ADDR", "127.0.0.1:0".to_owned())];
    let identity = AppOptions { vars, ..AppOptions::default() };
    world_with_builder(None, identity, AppOptions::default(), app_routes).await
}

#[tokio::test]
async fn a_delivered_logout_is_counted_with_its_delay() {
    let mut world = measured().await;
    assert_eq!(world.identity.metric("onesession_logout_queue_deliveries").await, Some(0.0));
    assert_eq!(world.identity.metric("onesession_logout_queue_oldest_seconds").await, Some(0.0));
    let answer = world.at_provider().await;
    world.browser.follow(answer).await;
    world.browser.post(&world.app.at("/auth/signout"), &[]).await;
    let delivered = "onesession_logout_deliveries_total{app=\"partner\",result=\"delivered\"}";
    until("the logout is delivered", async || world.identity.metric(delivered).await == Some(1.0)).await;
    let delays = "onesession_logout_delivery_delay_seconds_count{app=\"partner\"}";
    assert_eq!(world.identity.metric(delays).await, Some(1.0));
    until("the queue is empty", async || {
        world.identity.metric("onesession_logout_queue_deliveries").await == Some(0.0)
    })
    .await;
}

#[tokio::test]
async fn a_logout_that_waits_is_in_the_queue_with_its_age() {
    let world = measured().await;
    let (listener, port) = bind().await;
    // Nothing listens there from here on.
    drop(listener);
    let registry = format!(
        "[[app]]\nclient_id = 'gone'\nname = 'Gone'\norigins = ['http://gone.localhost:{port}']\n\
         backchannel_logout_uri = 'http://gone.localhost:{port}/told'"
    );
    let registry = Registry::parse(&registry, |_| None).unwrap();
    let messenger = Messenger::new(&world.identity.auth).unwrap();
    let retry = RetryPolicy::default();
    let fan_out = FanOut::new(&world.identity.auth, Arc::new(registry), messenger, retry);
    let notice = auth::logout::LogoutNotice {
        provider_issuer: "https://op.example",
        sid: Some("s"),
        sub: None,
        browser: None,
        happened_at: world.identity.clock.now(),
    };
    fan_out.enqueue_for_all(&[1; 32], notice).await.unwrap();
    world.identity.clock.advance(chrono::TimeDelta::seconds(90));
    assert_eq!(world.identity.metric("onesession_logout_queue_deliveries").await, Some(1.0));
    assert_eq!(world.identity.metric("onesession_logout_queue_oldest_seconds").await, Some(90.0));
    world.identity.lose_store().await;
    assert_eq!(world.identity.metric("onesession_logout_queue_deliveries").await, None);
    assert_eq!(world.identity.metric("onesession_logout_queue_oldest_seconds").await, None);
}

fn document(file: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs").join(file)
}

const INTRODUCTION: &str = "\
# Metrics

`AUTH_METRICS_ADDR=127.0.0.1:9464` makes a process answer `GET http://127.0.0.1:9464/metrics` in Prometheus' text format.
Without the setting, metrics are off. The address has no access control, and the public address never serves the metrics.
`make reference` writes this file from the code. [`grafana-dashboard.json`](grafana-dashboard.json) shows these metrics in
Grafana.

- All times are in seconds. A histogram has the series `_bucket`, `_sum` and `_count`.
- The values of labels come from closed sets: from the code, or from the configuration (`provider`, `app`). No text of a
  request makes a new series.
- A series appears when its first event happens.
- The gauges about the store are read at each scrape, within one second. While the store does not answer, a scrape has all
  metrics but these.

";

/// Writes the list of metrics, or compares it with the code, as `make reference` and `make test` do with the settings.
#[test]
fn the_document_has_every_metric_of_the_code() {
    let expected = format!(
        "{INTRODUCTION}## Every app\n\n{}\n## Identity\n\n{}",
        MetricInfo::markdown(METRICS),
        MetricInfo::markdown(&logout::METRICS)
    );
    let path = document("metrics.md");
    if std::env::var_os("UPDATE_REFERENCE").is_some() {
        std::fs::write(&path, &expected).unwrap();
    }
    let committed = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(committed == expected, "docs/metrics.md differs from the code; `make reference` writes it again");
}

#[test]
fn names_follow_the_rules_of_prometheus() {
    let metrics = all_metrics();
    let names: BTreeSet<_> = metrics.iter().map(|metric| metric.name).collect();
    assert_eq!(names.len(), metrics.len(), "each name is there once");
    for metric in &metrics {
        let is_counter = metric.kind.as_str() == "counter";
        assert_eq!(metric.name.ends_with("_total"), is_counter, "{}", metric.name);
        assert!(metric.kind.as_str() != "histogram" || metric.name.ends_with("_seconds"), "{}", metric.name);
        assert!(metric.name.starts_with("onesession_") && metric.meaning.ends_with('.'), "{}", metric.name);
    }
}

/// The queries of the dashboard.
fn queries(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.extend(members.get("expr").and_then(Value::as_str).map(ToOwned::to_owned));
            members.values().for_each(|member| queries(member, found));
        }
        Value::Array(items) => items.iter().for_each(|item| queries(item, found)),
        _ => {}
    }
}

#[test]
fn the_dashboard_uses_every_metric_and_no_other() {
    let text = std::fs::read_to_string(document("grafana-dashboard.json")).unwrap();
    let mut found = Vec::new();
    queries(&serde_json::from_str(&text).unwrap(), &mut found);
    let is_part = |character: char| character.is_ascii_alphanumeric() || character == '_';
    let words = found.iter().flat_map(|query| query.split(|character| !is_part(character)));
    let used: BTreeSet<&str> = words.filter(|word| word.starts_with("onesession_")).collect();
    let metrics = all_metrics();
    for series in &used {
        assert!(metrics.iter().any(|metric| metric.series().iter().any(|name| name == series)), "{series}");
    }
    for metric in &metrics {
        assert!(metric.series().iter().any(|name| used.contains(&**name)), "{} is not shown", metric.name);
    }
}
