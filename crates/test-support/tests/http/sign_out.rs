use crate::support::{with_param, world};
use http::StatusCode;
use test_support::Browser;

#[tokio::test]
async fn a_global_sign_out_ends_the_apps_session_and_then_the_providers() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let kept = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let url = world.app.at("/auth/signout");
    let ended = world.browser.submit(&url, &[("callbackUrl", "/public?bye=1")]).await;
    assert!(ended.set_cookies()[0].contains("Max-Age=0"));
    assert!(!ended.body.contains("id_token_hint") && !ended.body.contains("eyJ"), "{}", ended.body);
    let left = world.browser.get(&ended.location().unwrap()).await;
    assert_eq!(left.location().unwrap().origin(), world.provider.issuer.origin());
    assert!(left.location().unwrap().query().unwrap().contains("id_token_hint="));

    // The kept cookie is invalid even before the visitor reaches the provider.
    let mut thief = Browser::new();
    thief.plant(&world.app.url, "app.session", &kept);
    assert_eq!(thief.get(&world.app.at("/api/get-session-status?peek=1")).await.body, r#"{"status":401}"#);

    let at_provider = world.browser.get(&left.location().unwrap()).await;
    let back = world.browser.get(&at_provider.location().unwrap()).await;
    assert_eq!(back.path(), "/public?bye=1");
    let silent = world.post("/auth/signin/demo", &[("prompt", "none")]).await;
    let refused = world.browser.follow(silent).await;
    assert_eq!(refused.url.query(), Some("error=login_required"));
}

#[tokio::test]
async fn a_local_sign_out_keeps_the_providers_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let left = world.post("/auth/signout", &[("scope", "local")]).await;
    assert_eq!(left.path(), "/signed-out");
    assert_eq!(world.status().await, 401);
    let silent = world.post("/auth/signin/demo", &[("prompt", "none"), ("callbackUrl", "/protected")]).await;
    assert_eq!(world.browser.follow(silent).await.body, "protected page");
}

#[tokio::test]
async fn signing_out_without_a_session_is_no_error() {
    let mut world = world().await;
    assert_eq!(world.post("/auth/signout", &[("callbackUrl", "/public")]).await.path(), "/public");
    assert_eq!(world.post("/auth/signout", &[("scope", "everything")]).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_logout_callback_with_a_foreign_state_leads_to_the_default_page() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let left = world.post("/auth/signout", &[("callbackUrl", "/public")]).await;
    let at_provider = world.browser.get(&left.location().unwrap()).await;
    let back = at_provider.location().unwrap();
    for state in [None, Some("unknown"), Some("a&b\r\nc")] {
        let page = world.browser.get(&with_param(&back, "state", state)).await;
        assert_eq!(page.path(), "/signed-out", "{state:?}");
    }
    assert_eq!(Browser::new().get(&back).await.path(), "/signed-out", "another browser");
}

#[tokio::test]
async fn a_sign_out_succeeds_while_the_provider_is_down() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.provider.faults().add(dev_provider::Fault::Status500(dev_provider::Endpoint::Discovery));
    world.app.clock.advance(chrono::TimeDelta::seconds(60));
    let left = world.post("/auth/signout", &[("callbackUrl", "/public")]).await;
    assert_eq!(left.path(), "/public");
    assert_eq!(world.status().await, 401);
}
