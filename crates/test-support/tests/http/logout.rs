//! Back-channel logout in direct mode: the provider notifies the app directly.

use crate::support::{World, world, world_with_fault};
use auth::store::{Logout, LogoutScope, LogoutTime};
use chrono::TimeDelta;
use dev_provider::{Config, Document, Fault};
use serde_json::json;
use test_support::{App, AppOptions, Browser, EventStream, TestProvider, app_routes, bind, until};
use url::Url;

/// Two apps at one provider, with one visitor signed in to each. The provider notifies the second app of
/// logouts.
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
async fn a_back_channel_logout_from_the_provider_ends_the_session() {
    let (mut world, second) = two_apps().await;
    let cookie = format!("app.session={}", world.browser.cookie(&second.url, "app.session").unwrap());
    let mut tab = EventStream::open(&second.at("/auth/events"), &cookie, None).await.unwrap();
    let left = world.post("/auth/signout", &[]).await;
    world.browser.follow(left).await;
    let event = tab.next_non_heartbeat().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("signed_out", json!({ "reason": "revoked" })));
    let status = world.browser.get(&second.at("/api/get-session-status")).await;
    assert_eq!(status.body, r#"{"status":401}"#);
}

#[tokio::test]
async fn a_global_sign_out_revokes_the_refresh_token_and_a_local_one_does_not() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.post("/auth/signout", &[("scope", "local")]).await;
    world.browser = Browser::new();
    world.sign_in("/", "alice").await;
    world.post("/auth/signout", &[]).await;
    let revoked = async || world.provider.provider.counters().revocation > 0;
    until("the refresh token is revoked", revoked).await;
    // The local sign-out came first: its revocation would have been counted by now.
    assert_eq!(world.provider.provider.counters().revocation, 1);
}

/// Signs out at the app, but the browser never reaches the provider, whose session continues. The app also
/// receives a logout of that session, as from identity.
async fn sign_out_without_reaching_the_provider(world: &mut World) {
    world.sign_in("/", "alice").await;
    let sid = world.session().await.record.sid.clone().unwrap();
    let left = world.post("/auth/signout", &[]).await;
    assert!(left.location().unwrap().as_str().starts_with(world.provider.issuer.as_str()));
    assert_eq!(world.status().await, 401);
    let issuer = world.provider.issuer.as_str().trim_end_matches('/');
    let (scope, until) = (LogoutScope::ProviderSession(&sid), LogoutTime::Begun(world.app.clock.now()));
    world.app.auth.sessions().log_out(Logout { issuer, scope, until }).await.unwrap();
    world.app.clock.advance(TimeDelta::milliseconds(1));
}

#[tokio::test]
async fn after_a_sign_out_that_never_reached_the_provider_a_sign_in_works() {
    let mut world = world().await;
    sign_out_without_reaching_the_provider(&mut world).await;
    let begun = world.begin("/protected").await;
    let page = world.browser.follow(begun).await;
    assert_eq!(page.url.path(), "/protected");
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn a_silent_sign_in_does_not_undo_a_sign_out_that_never_reached_the_provider() {
    let mut world = world().await;
    sign_out_without_reaching_the_provider(&mut world).await;
    // A neighbour on the same domain has removed the cookies that record the sign-out, so the guard tries a
    // silent sign-in.
    for name in ["app.ended", "app.ended_here", "app.silent"] {
        world.browser.plant(&world.app.url, name, "");
    }
    let page = world.browser.open(&world.app.at("/protected")).await;
    let page = page.last().unwrap();
    assert_eq!(&page.url[url::Position::BeforePath..], "/login?callbackUrl=%2Fprotected");
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn a_long_id_token_is_left_out_of_the_sign_out_url() {
    let mut world = world().await;
    for (groups, has_hint) in [(1, true), (400, false)] {
        let groups = json!({ "groups": vec!["a long name of a group"; groups] });
        let fault = Fault::Members(Document::IdToken, groups.as_object().unwrap().clone());
        world.provider.faults().add_times(fault, 1);
        world.browser = Browser::new();
        world.sign_in("/", "alice").await;
        let left = world.post("/auth/signout", &[]).await.location().unwrap();
        let names: Vec<_> = left.query_pairs().map(|(name, _)| name.into_owned()).collect();
        assert_eq!(names.iter().any(|name| name == "id_token_hint"), has_hint, "{left}");
        assert_eq!(names.iter().any(|name| name == "logout_hint"), !has_hint, "{left}");
        assert!(names.iter().any(|name| name == "client_id") && left.as_str().len() < 4096);
    }
}

#[tokio::test]
async fn without_an_end_session_endpoint_the_next_sign_in_sends_a_prompt() {
    for (known, prompt) in [
        // Without the list, the app sends a value all providers must support (OpenID Connect Core §15.1).
        (json!({"prompt_values_supported": null}), "login"),
        (json!({"prompt_values_supported": ["none", "login", "select_account"]}), "select_account"),
        (json!({"prompt_values_supported": ["none", "login"]}), "login"),
        (json!({"prompt_values_supported": "select_account"}), "login"),
    ] {
        let mut metadata = known.as_object().unwrap().clone();
        metadata.insert("end_session_endpoint".to_owned(), json!(null));
        let mut world = world_with_fault(vec![], Some(Fault::Members(Document::Discovery, metadata))).await;
        let asked = async |world: &mut World| {
            let url = world.begin("/").await.location().unwrap();
            url.query_pairs().find(|(name, _)| name == "prompt").map(|(_, prompt)| prompt.into_owned())
        };
        assert_eq!(asked(&mut world).await, None, "{known}");
        world.sign_in("/", "alice").await;
        assert_eq!(world.post("/auth/signout", &[]).await.path(), "/signed-out", "{known}");
        assert_eq!(asked(&mut world).await.as_deref(), Some(prompt), "{known}");
    }
    // A provider that can end its session gets no `prompt`.
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.post("/auth/signout", &[]).await;
    assert!(!world.begin("/").await.location().unwrap().as_str().contains("prompt="));
}
