//! The handoff at an app without an identity app. `apps/identity` tests the handoff with one.

use crate::support::{world, world_with_options};
use auth::cookie::{SameSite, SessionOptions};
use chrono::TimeDelta;
use http::StatusCode;
use std::sync::Arc;
use test_support::AppOptions;

#[tokio::test]
async fn an_app_without_a_configured_handoff_refuses_one() {
    let mut world = world().await;
    let refused = world.get("/handoff/start").await;
    assert_eq!(refused.status, StatusCode::NOT_FOUND);
    assert!(refused.body.contains("handoff_not_configured"));
    let token = "t".repeat(43);
    let refused = world.get(&format!("/callback?handoff_token={token}&state=x")).await;
    assert_eq!(refused.path(), "/login?error=handoff_failed");
    assert_eq!(world.get("/callback").await.path(), "/");
    let query = world.post("/auth/session-query", &[("query", "a.b.c")]).await;
    assert_eq!(query.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn session_options_set_the_cookies_name_same_site_and_max_age() {
    let options = SessionOptions {
        cookie_name: Some("my_app_session".to_owned()),
        same_site: SameSite::Strict,
        max_age: Some(TimeDelta::days(14)),
        ..SessionOptions::default()
    };
    let configure: test_support::Configure =
        Arc::new(move |builder: auth::AuthBuilder| builder.session_options(options.clone()));
    let mut world = world_with_options(AppOptions { configure, ..AppOptions::default() }, None).await;
    let signed_in = world.sign_in("/", "alice").await;
    let cookies = signed_in.set_cookies();
    let session = cookies.iter().find(|cookie| cookie.starts_with("my_app_session=")).unwrap();
    assert!(session.contains("SameSite=Strict") && session.contains("Max-Age=1209600"), "{session}");
    assert_eq!(world.status().await, 200);
    world.post("/auth/signout", &[("scope", "local")]).await;
    assert_eq!(world.browser.cookie(&world.app.url, "my_app_session"), None);
    assert_eq!(world.status().await, 401);
}
