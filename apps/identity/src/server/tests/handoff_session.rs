//! Sign-out and renewal of a session that began with a handoff (article 5 in `docs/articles.md`).

use super::*;
use auth::session::{Session, SessionState};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::sync::Mutex;
use test_support::EventStream;
use tokio::sync::mpsc;

/// Opens the event stream of a tab of `app`, with the session of this browser.
async fn watching(world: &World, app: &App) -> EventStream {
    let cookie = format!("app.session={}", world.browser.cookie(&app.url, "app.session").unwrap());
    EventStream::open(&app.at("/auth/events"), &cookie, None).await.unwrap()
}

#[tokio::test]
async fn single_logout_covers_a_session_that_was_handed_over() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.opened().await;
    let mut tab = watching(&world, &world.app).await;
    let left = world.browser.post(&world.identity.at("/auth/signout"), &[]).await;
    world.browser.follow(left).await;
    assert_eq!(tab.next_non_heartbeat().await.unwrap().name, "signed_out");
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn a_sign_out_of_a_handed_over_session_reaches_the_provider_and_all_apps() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.opened().await;
    let mut tab = watching(&world, &world.identity).await;
    let left = world.browser.post(&world.app.at("/auth/signout"), &[("callbackUrl", "/")]).await;
    let to_provider = left.location().unwrap();
    assert_eq!(to_provider.origin(), world.provider.issuer.origin());
    assert!(params(&to_provider).contains_key("id_token_hint"), "with a hint the provider does not ask");
    let page = world.browser.follow(left).await;
    assert_eq!(page.url.as_str(), world.app.at("/").as_str());
    // The provider may tell identity only after it has redirected the visitor.
    assert_eq!(tab.next_non_heartbeat().await.unwrap().name, "signed_out");
    assert_eq!(world.browser.get(&world.identity.at("/auth/session")).await.body, "null");
}

/// Starts an identity app that answers every `verify` with `told`. Returns its origin and the logout requests
/// that it receives.
async fn generous_identity(told: Arc<Mutex<Value>>) -> (String, mpsc::UnboundedReceiver<String>) {
    let (asked, asks) = mpsc::unbounded_channel();
    let verify = post(async move || axum::Json(told.lock().unwrap().clone()));
    let logout = post(async move |body: String| {
        asked.send(body).unwrap();
        StatusCode::ACCEPTED
    });
    let router = Router::new().route("/auth/external/handoff/verify", verify).route("/auth/logout", logout);
    let (listener, port) = bind().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://localhost:{port}"), asks)
}

#[tokio::test]
async fn without_an_id_token_hint_identity_is_asked_to_tell_all_apps() {
    let told = Arc::new(Mutex::new(Value::Null));
    let (issuer, mut asks) = generous_identity(told.clone()).await;
    let vars = vec![("AUTH_IDENTITY_ISSUER", issuer)];
    let mut world = world_with_options(None, AppOptions { vars, ..AppOptions::default() }, app_routes).await;
    let iss = world.provider.issuer.as_str().trim_end_matches('/').to_owned();
    let session = json!({
        "provider": "demo", "iss": iss, "sub": "demo|alice", "sid": "s1",
        "issued_at": world.app.clock.now(), "expires_at": world.app.clock.now() + TimeDelta::hours(1),
    });
    *told.lock().unwrap() = json!({
        "access_token": "a", "token_type": "Bearer", "expires_in": 300, "session": session,
        "user": { "sub": "demo|alice", "name": "Alice" },
    });
    let started = world.browser.get(&world.app.at("/handoff/start")).await;
    let state = params(&started.location().unwrap())["state"].clone();
    let mut url = world.app.at("/callback");
    url.query_pairs_mut().append_pair("handoff_token", &"t".repeat(43)).append_pair("state", &state);
    assert_eq!(world.browser.get(&url).await.path(), "/callback");
    assert_eq!(world.user().await, "Alice");
    let session = world.record(&world.app).await;
    assert_eq!(session.absolute_expires_at, world.app.clock.now() + TimeDelta::hours(1));
    let left = world.browser.post(&world.app.at("/auth/signout"), &[]).await;
    assert!(!params(&left.location().unwrap()).contains_key("id_token_hint"));
    let asked = asks.recv().await.unwrap();
    assert!(asked.contains("sid=s1") && asked.contains("sub=demo%7Calice"), "{asked}");
}

#[tokio::test]
async fn a_handed_over_session_has_no_tokens_to_renew_and_goes_on() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.opened().await;
    let refused = world.browser.post(&world.app.at("/api/renew-token"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("no_refresh_token"));
    world.app.clock.advance(TimeDelta::hours(12));
    assert_eq!(world.status().await, SIGNED_IN);
    let resolution = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let SessionState::SignedIn(Session { key, record, .. }) =
        world.app.auth.sessions().resolve(&resolution).await.unwrap()
    else {
        panic!("signed out")
    };
    let session = world.app.auth.sessions().session(key, record);
    assert!(
        world.app.auth.refresher().access_token(&session).await.is_err(),
        "identity's access token is not the provider's"
    );
}
