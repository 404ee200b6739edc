//! Hooks: the events that an app receives, and the callback that allows or refuses a sign-in.

use crate::support::{World, world_with_options};
use auth::{
    AuthBuilder,
    hooks::{SignInAttempt, Verdict},
};
use http::StatusCode;
use std::{
    future::{Ready, pending, ready},
    sync::Arc,
    time::Duration,
};
use test_support::AppOptions;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};

async fn world_with_builder(configure: impl Fn(AuthBuilder) -> AuthBuilder + Send + Sync + 'static) -> World {
    world_with_options(AppOptions { configure: Arc::new(configure), ..AppOptions::default() }, None).await
}

/// Adds hooks that send each event to `told`, one line per event.
fn listening(builder: AuthBuilder, told: &UnboundedSender<String>) -> AuthBuilder {
    fn note(told: &UnboundedSender<String>, line: String) -> Ready<()> {
        let _ = told.send(line);
        ready(())
    }
    let [one, two, three] = [told.clone(), told.clone(), told.clone()];
    builder
        .on_sign_in(move |event| note(&one, format!("{event:?}")))
        .on_sign_out(move |event| note(&two, format!("{event:?}")))
        .on_refresh(move |event| note(&three, format!("{event:?}")))
}

/// Waits for the next line; fails after 60 seconds.
async fn next(lines: &mut UnboundedReceiver<String>) -> String {
    tokio::time::timeout(Duration::from_secs(60), lines.recv()).await.unwrap().unwrap()
}

#[tokio::test]
async fn each_hook_runs_once_per_event_and_gets_no_token() {
    let (told, mut lines) = unbounded_channel();
    let mut world = world_with_builder(move |builder| listening(builder, &told)).await;
    for _ in 0..2 {
        world.sign_in("/", "alice").await;
        let signed_in = next(&mut lines).await;
        assert!(signed_in.starts_with("SignInEvent") && signed_in.contains("demo:demo|alice"), "{signed_in}");
        world.post("/api/renew-token", &[]).await;
        let refreshed = next(&mut lines).await;
        assert!(refreshed.starts_with("RefreshEvent"), "{refreshed}");
        world.post("/auth/signout", &[("scope", "global")]).await;
        let signed_out = next(&mut lines).await;
        assert!(signed_out.starts_with("SignOutEvent { reason: SignedOut"), "{signed_out}");
        let held = [&signed_in, &refreshed, &signed_out].iter().any(|line| line.contains("eyJ"));
        assert!(!held, "a hook received a token");
        world.browser = test_support::Browser::new();
    }
    assert!(lines.try_recv().is_err());
}

#[tokio::test]
async fn ending_other_devices_calls_the_sign_out_hook_for_each_session() {
    let (told, mut lines) = unbounded_channel();
    let mut world = world_with_builder(move |builder| listening(builder, &told)).await;
    world.sign_in("/", "alice").await;
    world.browser = test_support::Browser::new();
    world.sign_in("/", "alice").await;
    assert!([next(&mut lines).await, next(&mut lines).await].iter().all(|line| line.starts_with("SignIn")));
    world.post("/auth/sessions/revoke", &[("id", "others")]).await;
    let ended = next(&mut lines).await;
    assert!(ended.contains("reason: Revoked") && ended.contains("demo:demo|alice"), "{ended}");
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn a_hook_that_panics_or_hangs_does_not_affect_the_sign_in() {
    let (told, mut lines) = unbounded_channel();
    let mut world = world_with_builder(move |builder| {
        let builder = builder
            .on_sign_in(|_| -> Ready<()> { panic!("at once") })
            .on_sign_in(async |_| panic!("later"))
            .on_sign_in(async |_| pending().await);
        listening(builder, &told)
    })
    .await;
    assert_eq!(world.sign_in("/protected", "alice").await.path(), "/protected");
    assert!(next(&mut lines).await.starts_with("SignInEvent"));
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn the_sign_in_callback_gets_verified_claims_and_may_allow() {
    let (told, mut lines) = unbounded_channel();
    let mut world = world_with_builder(move |builder| {
        let told = told.clone();
        builder.sign_in(move |attempt: SignInAttempt| {
            let line =
                format!("{} {:?} {}", attempt.provider, attempt.verified_email(), attempt.claims["sub"]);
            drop(told.send(line));
            ready(Ok::<_, String>(Verdict::Allow))
        })
    })
    .await;
    assert_eq!(world.sign_in("/protected", "alice").await.path(), "/protected");
    assert_eq!(next(&mut lines).await, r#"demo Some("alice@example.com") "demo|alice""#);
}

#[tokio::test]
async fn a_failing_callback_refuses_the_sign_in_and_the_previous_session_is_kept() {
    let mut world = world_with_builder(|builder| {
        builder.sign_in(async |attempt| match attempt.user.name.as_deref() {
            Some("Alice Adams") => Ok(Verdict::Allow),
            _ => Err("the directory does not answer"),
        })
    })
    .await;
    world.sign_in("/", "alice").await;
    let before = world.browser.cookie(&world.app.url, "app.session");
    let url = world.app.at("/auth/signin/demo");
    let begun = world.browser.post(&url, &[("callbackUrl", "/protected"), ("prompt", "login")]).await;
    let login = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "bob").await;
    let refused = world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(refused.path(), "/login?error=refused&callbackUrl=%2Fprotected");
    assert_eq!(world.browser.cookie(&world.app.url, "app.session"), before);
    assert_eq!(world.get("/auth/session").await.json()["user"]["name"], "Alice Adams");
    assert_eq!(world.get("/auth/sessions").await.json().as_array().unwrap().len(), 1);
}

#[tokio::test]
async fn a_callback_that_refuses_or_panics_creates_no_session() {
    let mut worlds = [
        world_with_builder(|builder| builder.sign_in(async |_| Ok::<_, String>(Verdict::Refuse))).await,
        world_with_builder(|builder| {
            builder.sign_in(|_| -> Ready<Result<Verdict, String>> { panic!("at once") })
        })
        .await,
    ];
    for world in &mut worlds {
        let refused = world.sign_in("/", "alice").await;
        assert_eq!(
            (refused.status, refused.path().as_str()),
            (StatusCode::SEE_OTHER, "/login?error=refused")
        );
        assert!(world.browser.cookie(&world.app.url, "app.session").is_none());
        assert_eq!(world.status().await, 401);
    }
}
