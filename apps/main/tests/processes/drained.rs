//! A process that is about to be replaced: it says so, still serves, moves its event streams, and then stops.

use crate::support::{Main, program};
use http::StatusCode;
use rustix::process::Signal;
use test_support::{Browser, EventStream, TestProvider, process::Port, until};

async fn start(drain: &str) -> (Main, Browser, TestProvider) {
    let port = Port::reserve();
    let provider = TestProvider::start_in_real_time(&[&port.origin()], |_| {}).await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
    let main = Main::start(program(&port, &issuer, "memory:").var("AUTH_DRAIN_TIME", drain), port).await;
    let mut browser = Browser::new();
    provider.sign_in(&mut browser, &main.url, "alice").await.unwrap();
    (main, browser, provider)
}

#[tokio::test]
async fn a_draining_process_says_so_and_serves_until_it_stops() {
    let (mut main, mut browser, _provider) = start("4").await;
    assert_eq!(browser.get(&main.at("/readyz")).await.json()["status"], "ready");
    let cookie = format!("main.session={}", browser.cookie(&main.url, "main.session").unwrap());
    let mut stream = EventStream::open(&main.at("/auth/events"), &cookie, None).await.unwrap();
    stream.next().await.unwrap();

    main.process.signal(Signal::TERM);
    until("the process says that it is draining", async || {
        let ready = browser.get(&main.at("/readyz")).await;
        ready.status == StatusCode::SERVICE_UNAVAILABLE && ready.json()["status"] == "draining"
    })
    .await;
    assert_eq!(browser.get(&main.at("/healthz")).await.status, StatusCode::OK);
    assert_eq!(main.status(&mut browser).await, 200, "requests are still served");
    // The stream ends before the process does, and the tab connects elsewhere.
    while stream.next().await.is_some() {}
    assert!(main.process.wait().success(), "{}", main.process.output());
    assert!(main.process.output().contains("draining"));
}

#[tokio::test]
async fn ctrl_c_does_not_wait_for_a_proxy() {
    let (mut main, _browser, _provider) = start("3600").await;
    main.process.signal(Signal::INT);
    assert!(main.process.wait().success(), "{}", main.process.output());
    assert!(!main.process.output().contains("draining"));
}
