//! What an operator sees of a process: its metrics on a second address, and the id of a request in its log.

use crate::support::{Main, program};
use http::{Method, StatusCode};
use serde_json::Value;
use test_support::{Browser, TestProvider, process::Port, until};
use url::Url;

#[tokio::test]
async fn the_second_address_has_the_metrics_and_the_public_one_has_not() {
    let (port, second) = (Port::reserve(), Port::reserve());
    let provider = TestProvider::start_in_real_time(&[&port.origin()], |_| {}).await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
    let address = format!("127.0.0.1:{}", second.number());
    let program = program(&port, &issuer, "memory:").var("AUTH_METRICS_ADDR", &address);
    let main = Main::start(program, port).await;
    let mut browser = Browser::new();
    let denied = browser.get(&main.at("/metrics")).await;
    assert_eq!(denied.path(), "/login?callbackUrl=%2Fmetrics");
    provider.sign_in(&mut browser, &main.url, "alice").await.unwrap();
    let missing = browser.get(&main.at("/metrics")).await;
    assert_eq!(missing.status, StatusCode::NOT_FOUND);
    assert!(!missing.body.contains("onesession_"), "{}", missing.body);
    let url: Url = format!("http://{address}/metrics").parse().unwrap();
    let scraped = Browser::new().get(&url).await;
    assert_eq!(scraped.status, StatusCode::OK);
    let series = "\nonesession_sign_ins_total{provider=\"demo\",result=\"success\"} 1\n";
    assert!(scraped.body.contains(series), "{}", scraped.body);
}

#[tokio::test]
async fn the_log_lines_of_a_request_have_the_id_of_its_answer() {
    let port = Port::reserve();
    let provider = TestProvider::start_in_real_time(&[&port.origin()], |_| {}).await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
    let program = program(&port, &issuer, "memory:").var("AUTH_TRUSTED_PROXIES", "127.0.0.1");
    let main = Main::start(program, port).await;
    let url = main.at("/auth/callback/demo?state=x&code=y");
    let mut ids = Vec::new();
    for headers in [&[][..], &[("x-request-id", "lb-7")]] {
        let refused = Browser::new().send(Method::GET, &url, headers, "").await;
        ids.push(refused.headers["x-request-id"].to_str().unwrap().to_owned());
    }
    assert_eq!(ids[1], "lb-7");
    until("both lines are written", async || {
        let output = main.process.output();
        let lines = output.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        let refused = lines.filter(|line| line["message"] == "sign-in refused");
        refused.map(|line| line["request_id"].as_str().unwrap_or_default().to_owned()).eq(ids.iter().cloned())
    })
    .await;
}
