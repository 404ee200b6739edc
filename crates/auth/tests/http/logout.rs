//! Back-channel logout in direct mode: the provider tells the app itself.

use crate::support::{World, world};
use dev_provider::Config;
use serde_json::json;
use test_support::{App, AppOptions, Browser, EventStream, TestProvider, app_routes, bind};
use url::Url;

/// Two apps at one provider, which tells the second of logouts; the same visitor is signed in to both.
async fn two_apps() -> (World, App) {
    let (first, second) = (bind().await, bind().await);
    let url = |port: u16| -> Url { format!("http://localhost:{port}").parse().unwrap() };
    let second_url: Url = format!("http://second.localhost:{}", second.1).parse().unwrap();
    let settings = |config: &mut Config| {
        config.clients[0].backchannel_logout_uri = second_url.join("/auth/backchannel-logout").ok();
    };
    let provider = TestProvider::start_with(&[&url(first.1), &second_url], settings).await;
    let start = async |socket, host| {
        let options = AppOptions { host: Some(host), ..AppOptions::default() };
        App::start(socket, &provider.issuer, provider.clock.clone(), options, app_routes).await
    };
    let app = start(first, "localhost").await;
    let second = start(second, "second.localhost").await;
    let mut world = World { provider, app, browser: Browser::new() };
    world.sign_in("/", "alice").await;
    let begun = world.browser.post(&second.at("/auth/signin/demo"), &[]).await;
    world.browser.follow(begun).await;
    (world, second)
}

#[tokio::test]
async fn an_app_may_be_registered_at_the_provider_directly() {
    let (mut world, second) = two_apps().await;
    let cookie = format!("app.session={}", world.browser.cookie(&second.url, "app.session").unwrap());
    let mut tab = EventStream::open(&second.at("/auth/events"), &cookie, None).await.unwrap();
    let left = world.post("/auth/signout", &[]).await;
    world.browser.follow(left).await;
    let event = tab.next_but_heartbeats().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("signed_out", json!({ "reason": "revoked" })));
    let status = world.browser.get(&second.at("/api/get-session-status")).await;
    assert_eq!(status.body, r#"{"status":401}"#);
}

#[tokio::test]
async fn a_sign_out_gives_the_refresh_token_back() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let begun = world.provider.provider.counters().revocation;
    world.post("/auth/signout", &[("scope", "local")]).await;
    while world.provider.provider.counters().revocation == begun {
        tokio::time::sleep(std::time::Duration::from_millis(5)).await;
    }
}
