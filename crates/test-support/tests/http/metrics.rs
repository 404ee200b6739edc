//! Metrics over HTTP: a scrape of the second address after what happened on the first.

use crate::support::{World, with_param, world, world_with};
use chrono::TimeDelta;
use dev_provider::{Endpoint, Fault};
use http::{Method, StatusCode};
use test_support::{Browser, EventStream, until};
use url::Url;

async fn measured() -> World {
    world_with(vec![("AUTH_METRICS_ADDR", "127.0.0.1:0".into())]).await
}

impl World {
    async fn metric(&self, series: &str) -> Option<f64> {
        self.app.metric(series).await
    }
}

#[tokio::test]
async fn a_sign_in_a_session_and_its_end_are_counted() {
    let mut world = measured().await;
    assert_eq!(world.metric("onesession_live_sessions").await, Some(0.0));
    assert_eq!(world.metric("onesession_sign_ins_total{provider=\"demo\",result=\"success\"}").await, None);
    world.sign_in("/", "alice").await;
    for (series, expected) in [
        ("onesession_sign_ins_total{provider=\"demo\",result=\"success\"}", 1.0),
        ("onesession_sessions_begun_total", 1.0),
        ("onesession_live_sessions", 1.0),
        ("onesession_event_streams", 0.0),
        ("onesession_store_operation_duration_seconds_count{operation=\"create\",result=\"ok\"}", 1.0),
        (
            "onesession_provider_request_duration_seconds_count{provider=\"demo\",endpoint=\"token\",result=\"ok\"}",
            1.0,
        ),
    ] {
        assert_eq!(world.metric(series).await, Some(expected), "{series}");
    }
    let cookie = format!("app.session={}", world.browser.cookie(&world.app.url, "app.session").unwrap());
    let tab = EventStream::open(&world.app.at("/auth/events"), &cookie, None).await.unwrap();
    assert_eq!(world.metric("onesession_event_streams").await, Some(1.0));
    world.post("/auth/signout", &[("scope", "local")]).await;
    let ended = "onesession_sessions_ended_total{reason=\"signed_out\"}";
    assert_eq!(world.metric(ended).await, Some(1.0));
    assert_eq!(world.metric("onesession_live_sessions").await, Some(0.0));
    drop(tab);
    until("the stream is closed", async || world.metric("onesession_event_streams").await == Some(0.0)).await;
}

#[tokio::test]
async fn requests_are_counted_by_the_class_of_their_status() {
    let mut world = measured().await;
    let count = async |world: &World, class: &str| {
        let series = format!("onesession_http_request_duration_seconds_count{{status=\"{class}\"}}");
        world.metric(&series).await.unwrap()
    };
    world.get("/healthz").await;
    world.get("/protected").await;
    world.get("/auth/nothing").await;
    for (class, expected) in [("1xx", 0.0), ("2xx", 1.0), ("3xx", 1.0), ("4xx", 1.0), ("5xx", 0.0)] {
        assert_eq!(count(&world, class).await, expected, "{class}");
    }
}

#[tokio::test]
async fn a_refresh_is_counted_with_its_result() {
    let mut world = measured().await;
    world.sign_in("/", "alice").await;
    let refreshes =
        |result: &str| format!("onesession_refreshes_total{{provider=\"demo\",result=\"{result}\"}}");
    assert_eq!(world.renew().await.status, StatusCode::OK);
    assert_eq!(world.metric(&refreshes("success")).await, Some(1.0));
    world.provider.faults().add_times(Fault::Status500(Endpoint::Token), 1);
    // The app reuses an answer for two seconds of real time, which the manual clock does not skip.
    until("the provider is asked again", async || {
        world.renew().await;
        world.metric(&refreshes("unavailable")).await == Some(1.0)
    })
    .await;
    let failed = "onesession_provider_request_duration_seconds_count\
                  {provider=\"demo\",endpoint=\"token\",result=\"failed\"}";
    assert_eq!(world.metric(failed).await, Some(1.0));
}

#[tokio::test]
async fn a_refusal_is_counted_by_name_and_provider() {
    let mut world = measured().await;
    assert_eq!(world.get("/auth/callback/demo?state=x&code=y").await.status, StatusCode::SEE_OTHER);
    let answer = world.at_provider("/", "alice").await.location().unwrap();
    let denied = with_param(&with_param(&answer, "code", None), "error", Some("access_denied"));
    world.browser.get(&denied).await;
    world.post("/auth/signout", &[("scope", "everything")]).await;
    world.get("/api/secret").await;
    for (series, expected) in [
        ("onesession_refusals_total{name=\"invalid_state\",provider=\"\"}", 1.0),
        ("onesession_refusals_total{name=\"access_denied\",provider=\"demo\"}", 1.0),
        ("onesession_sign_ins_total{provider=\"demo\",result=\"refused\"}", 1.0),
        ("onesession_refusals_total{name=\"invalid_scope\",provider=\"\"}", 1.0),
        ("onesession_refusals_total{name=\"signed_out\",provider=\"\"}", 1.0),
    ] {
        assert_eq!(world.metric(series).await, Some(expected), "{series}");
    }
    assert_eq!(world.metric("onesession_sessions_begun_total").await, None, "no session began");
}

#[tokio::test]
async fn a_rule_of_a_signed_message_is_counted_by_its_name() {
    let mut world = measured().await;
    world.post("/auth/backchannel-logout", &[("logout_token", "a.b.c")]).await;
    let series = "onesession_refusals_total{name=\"logout_token_malformed\",provider=\"\"}";
    assert_eq!(world.metric(series).await, Some(1.0));
}

#[tokio::test]
async fn text_of_a_request_makes_no_new_series() {
    let mut world = measured().await;
    let answer = world.at_provider("/", "alice").await.location().unwrap();
    let refused = with_param(&with_param(&answer, "code", None), "error", Some("f0rged"));
    world.browser.get(&refused).await;
    for path in ["/f0rged", "/auth/callback/f0rged?state=f0rged&code=f0rged", "/auth/f0rged", "/f0rged//a"] {
        world.get(path).await;
    }
    world.post("/auth/signin/f0rged", &[]).await;
    world.post("/auth/backchannel-logout", &[("logout_token", "f0rged")]).await;
    let headers = [("host", "f0rged.example"), ("x-request-id", "f0rged"), ("user-agent", "f0rged")];
    world.browser.send(Method::GET, &world.app.at("/"), &headers, "").await;
    let text = world.app.metrics().await;
    assert!(!text.contains("f0rged"), "{text}");
    let series = "onesession_refusals_total{name=\"provider_refused\",provider=\"demo\"}";
    assert_eq!(world.metric(series).await, Some(1.0));
    let unknown = "onesession_refusals_total{name=\"unknown_provider\",provider=\"\"}";
    assert_eq!(world.metric(unknown).await, Some(1.0));
}

#[tokio::test]
async fn a_scrape_answers_while_the_store_is_down() {
    let mut world = measured().await;
    world.sign_in("/", "alice").await;
    assert_eq!(world.metric("onesession_live_sessions").await, Some(1.0));
    world.app.lose_store().await;
    world.app.clock.advance(TimeDelta::minutes(5));
    let down = world.get("/readyz").await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.metric("onesession_live_sessions").await, None, "an old value would hide the trouble");
    let failed = "onesession_store_operation_duration_seconds_count{operation=\"ping\",result=\"error\"}";
    assert_eq!(world.metric(failed).await, Some(1.0));
    assert_eq!(world.metric("onesession_sessions_begun_total").await, Some(1.0));
}

#[tokio::test]
async fn the_second_address_serves_the_metrics_and_nothing_else() {
    let mut world = measured().await;
    world.sign_in("/", "alice").await;
    assert_eq!(world.get("/metrics").await.status, StatusCode::NOT_FOUND);
    let signed_out = Browser::new().get(&world.app.at("/metrics")).await;
    assert_eq!(signed_out.status, StatusCode::SEE_OTHER, "a path like any other, so it needs a session");
    let address = world.app.auth.metrics_address().unwrap();
    for path in ["/", "/protected", "/auth/session", "/healthz", "/metrics/"] {
        let url: Url = format!("http://{address}{path}").parse().unwrap();
        assert_eq!(Browser::new().get(&url).await.status, StatusCode::NOT_FOUND, "{path}");
    }
    let url: Url = format!("http://{address}/metrics").parse().unwrap();
    let posted = Browser::new().post(&url, &[]).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
    let scraped = Browser::new().get(&url).await;
    assert_eq!(scraped.headers["content-type"], "text/plain; version=0.0.4; charset=utf-8");
}

#[tokio::test]
async fn metrics_are_off_by_default() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    assert_eq!(world.app.auth.metrics_address(), None);
    assert!(!world.app.auth.metrics().is_on());
}
