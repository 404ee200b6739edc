use crate::support::{with_param, world, world_with, world_with_fault};
use auth::session::SessionState;
use auth_types::EndReason;
use dev_provider::{Endpoint, Fault};
use http::{Method, StatusCode};
use std::time::Duration;
use test_support::Browser;

#[tokio::test]
async fn a_sign_in_ends_on_the_requested_page_with_a_session() {
    let mut world = world().await;
    let begun = world.begin("/protected?tab=2").await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    assert_eq!(begun.location().unwrap().origin(), world.provider.issuer.origin());
    let done = world.sign_in("/protected?tab=2", "alice").await;
    assert_eq!((done.status, done.path().as_str()), (StatusCode::SEE_OTHER, "/protected?tab=2"));
    assert_eq!(world.get("/protected").await.body, "protected page");
    let session = world.get("/auth/session").await.json();
    assert_eq!(session["user"]["name"], "Alice Adams");
    assert_eq!(session["user"]["email"], "alice@example.com");
    assert!(session["expires"].as_str().unwrap().ends_with('Z'));
}

#[tokio::test]
async fn no_token_reaches_the_browser() {
    let mut world = world().await;
    let done = world.sign_in("/", "alice").await;
    let session = world.get("/auth/session").await;
    for text in [&done.body, &session.body, &done.set_cookies().join("")] {
        assert!(!text.contains("eyJ") && !text.contains("token"), "{text}");
    }
    assert!(done.body.is_empty());
}

#[tokio::test]
async fn a_planted_cookie_never_becomes_a_session() {
    let mut world = world().await;
    let planted = "A".repeat(43);
    world.browser.plant(&world.app.url, "app.session", &planted);
    world.sign_in("/", "alice").await;
    assert_ne!(world.browser.cookie(&world.app.url, "app.session").unwrap(), planted);
    let mut attacker = Browser::new();
    attacker.plant(&world.app.url, "app.session", &planted);
    assert_eq!(attacker.get(&world.app.at("/auth/session")).await.body, "null");
}

#[tokio::test]
async fn signing_in_again_ends_the_previous_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let first = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let begun = world.post("/auth/signin/demo", &[("prompt", "login")]).await;
    let login = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "bob").await;
    world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(world.get("/auth/session").await.json()["user"]["name"], "Bob Brown");
    let resolution = world.app.auth.sessions().resolve(&first).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(EndReason::UserChanged))));
}

#[tokio::test]
async fn two_tabs_of_one_browser_may_sign_in_at_once() {
    let mut world = world().await;
    let one = world.at_provider("/protected?tab=1", "alice").await;
    let two = world.at_provider_again("/protected?tab=2").await;
    let done_two = world.browser.get(&two.location().unwrap()).await;
    let done_one = world.browser.get(&one.location().unwrap()).await;
    assert_eq!(done_two.path(), "/protected?tab=2");
    assert_eq!(done_one.path(), "/protected?tab=1");
    assert_eq!(world.status().await, 200);
}

impl crate::support::World {
    /// Begins another sign-in while the provider already knows the user and shows no login page.
    pub(crate) async fn at_provider_again(&mut self, callback_url: &str) -> test_support::Page {
        let begun = self.begin(callback_url).await;
        self.browser.get(&begun.location().unwrap()).await
    }
}

#[tokio::test]
async fn a_used_foreign_or_unknown_state_is_refused() {
    let mut world = world().await;
    let answer = world.at_provider("/", "alice").await;
    let callback = answer.location().unwrap();

    let elsewhere = Browser::new().get(&callback).await;
    assert_eq!(elsewhere.path(), "/login?error=invalid_state");
    for state in [None, Some("unknown"), Some("")] {
        let refused = world.browser.get(&with_param(&callback, "state", state)).await;
        assert_eq!(refused.path(), "/login?error=invalid_state", "{state:?}");
    }
    assert_eq!(world.status().await, 401);

    assert_eq!(world.browser.get(&callback).await.path(), "/");
    let session = world.browser.cookie(&world.app.url, "app.session");
    let again = world.browser.get(&callback).await;
    assert_eq!((again.path().as_str(), again.set_cookies().len()), ("/", 0), "on to the page");
    assert_eq!(world.browser.cookie(&world.app.url, "app.session"), session);
    assert_eq!(world.status().await, 200, "a replay ends no session");
}

#[tokio::test]
async fn a_sign_in_that_takes_too_long_is_refused() {
    let mut world = world().await;
    let answer = world.at_provider("/", "alice").await;
    world.app.clock.advance(chrono::TimeDelta::minutes(10));
    let refused = world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(refused.path(), "/login?error=invalid_state");
}

#[tokio::test]
async fn doubled_parameters_are_a_400_and_do_not_use_up_the_flow() {
    let mut world = world().await;
    let answer = world.at_provider("/", "alice").await;
    let callback = answer.location().unwrap();
    let mut doubled = callback.clone();
    doubled.query_pairs_mut().append_pair("code", "another");
    let refused = world.browser.get(&doubled).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("invalid_parameters"));
    assert_eq!(world.browser.get(&callback).await.path(), "/");
}

#[tokio::test]
async fn an_error_description_may_contain_line_breaks() {
    let mut world = world().await;
    let begun = world.begin("/").await;
    let state =
        begun.location().unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let issuer = world.provider.issuer.origin().ascii_serialization();
    let refused = world
        .get(&format!("/auth/callback/demo?error=access_denied&error_description=no%0d%0aTrace&state={state}&iss={issuer}"))
        .await;
    assert_eq!(refused.path(), "/login?error=access_denied");
}

#[tokio::test]
async fn a_slow_discovery_request_continues_in_the_background() {
    let slow = Fault::Slow(Endpoint::Discovery, Duration::from_millis(4000));
    let mut world = world_with_fault(vec![], Some(slow)).await;
    assert_eq!(
        world.begin("/").await.path(),
        "/login?error=provider_unavailable",
        "the visitor does not wait for four seconds"
    );
    // The discovery request continued, and the app cached its answer.
    world.app.auth.provider("demo").unwrap().endpoints().await.unwrap();
    assert_eq!(world.begin("/").await.location().unwrap().origin(), world.provider.issuer.origin());
    assert_eq!(world.provider.provider.counters().discovery, 1);
}

#[tokio::test]
async fn head_and_prefetch_do_not_use_up_a_code() {
    let mut world = world().await;
    let answer = world.at_provider("/", "alice").await;
    let callback = answer.location().unwrap();
    let head = world.browser.send(Method::HEAD, &callback, &[], "").await;
    assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED);
    let prefetch = world.browser.send(Method::GET, &callback, &[("sec-purpose", "prefetch")], "").await;
    assert_eq!(prefetch.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.browser.get(&callback).await.path(), "/");
}

#[tokio::test]
async fn every_broken_id_token_is_refused() {
    let mut world = world().await;
    for fault in [
        Fault::WrongIss,
        Fault::WrongAud,
        Fault::WrongAzp,
        Fault::WrongNonce,
        Fault::MissingNonce,
        Fault::WrongKid,
        Fault::AlgNone,
        Fault::Hs256WithPublicKey,
        Fault::Expired,
        Fault::NotYetValid,
        Fault::BadSignature,
        Fault::NoIdToken,
    ] {
        world.browser = Browser::new();
        let answer = world.at_provider("/protected", "alice").await;
        world.provider.faults().add_times(fault.clone(), 1);
        let refused = world.browser.get(&answer.location().unwrap()).await;
        assert_eq!(refused.path(), "/login?error=invalid_id_token&callbackUrl=%2Fprotected", "{fault:?}");
        assert_eq!(world.status().await, 401, "{fault:?}");
    }
}

#[tokio::test]
async fn a_missing_or_foreign_iss_parameter_is_refused() {
    let mut world = world().await;
    for fault in [Fault::WrongIssParameter, Fault::MissingIssParameter] {
        world.browser = Browser::new();
        world.provider.faults().add_times(fault.clone(), 1);
        let done = world.sign_in("/", "alice").await;
        assert_eq!(done.path(), "/login?error=invalid_issuer", "{fault:?}");
    }
}

#[tokio::test]
async fn a_used_or_forged_code_is_refused() {
    let mut world = world().await;
    let answer = world.at_provider("/", "alice").await;
    let callback = answer.location().unwrap();
    assert_eq!(world.browser.get(&callback).await.path(), "/");
    let code = callback.query_pairs().find(|(name, _)| name == "code").unwrap().1.into_owned();
    world.browser = Browser::new();
    let answer = world.at_provider("/", "bob").await;
    let replayed = with_param(&answer.location().unwrap(), "code", Some(&code));
    assert_eq!(world.browser.get(&replayed).await.path(), "/login?error=invalid_grant");

    let answer = world.at_provider_again("/").await;
    let forged = with_param(&answer.location().unwrap(), "code", Some("made-up"));
    assert_eq!(world.browser.get(&forged).await.path(), "/login?error=invalid_grant");
}

#[tokio::test]
async fn new_keys_of_the_provider_are_fetched_once_and_accepted() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.provider.provider.rotate_keys().await.unwrap();
    let before = world.provider.provider.counters().jwks;
    let begun = world.begin("/").await;
    let answer = world.browser.get(&begun.location().unwrap()).await;
    assert_eq!(world.browser.get(&answer.location().unwrap()).await.path(), "/");
    assert_eq!(world.provider.provider.counters().jwks, before + 1);
}

#[tokio::test]
async fn unknown_key_ids_do_not_flood_the_jwks_endpoint() {
    let mut world = world().await;
    let mut fetched = Vec::new();
    for _ in 0..3 {
        world.browser = Browser::new();
        world.provider.faults().add_times(Fault::WrongKid, 1);
        world.sign_in("/", "alice").await;
        fetched.push(world.provider.provider.counters().jwks);
    }
    assert_eq!(fetched[1], fetched[0]);
    assert_eq!(fetched[2], fetched[0]);
}

#[tokio::test]
async fn a_refusal_by_the_provider_becomes_an_error_code_on_the_sign_in_page() {
    let mut world = world().await;
    let begun = world.begin("/").await;
    let login = world.browser.follow(begun).await;
    let transaction = login.field("transaction").unwrap();
    let url = world.provider.issuer.join("/login").unwrap();
    let cancelled = world.browser.post(&url, &[("transaction", &transaction), ("cancel", "yes")]).await;
    let refused = world.browser.get(&cancelled.location().unwrap()).await;
    assert_eq!(refused.path(), "/login?error=access_denied");

    let begun = world.post("/auth/signin/demo", &[("prompt", "none"), ("callbackUrl", "/protected")]).await;
    let refused = world.browser.follow(begun).await;
    assert_eq!(refused.url.query(), Some("error=login_required&callbackUrl=%2Fprotected"));
}

#[tokio::test]
async fn a_failing_provider_ends_no_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let begun = world.begin("/protected").await;
    let answer = world.browser.get(&begun.location().unwrap()).await;
    world.provider.faults().add_times(Fault::Status500(Endpoint::Token), 1);
    let refused = world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(refused.path(), "/login?error=provider_unavailable&callbackUrl=%2Fprotected");
    assert_eq!(world.status().await, 200);

    world.provider.faults().add(Fault::Status500(Endpoint::Discovery));
    world.app.clock.advance(chrono::TimeDelta::seconds(60));
    assert_eq!(world.begin("/").await.path(), "/login?error=provider_unavailable");
    let ready = world.get("/readyz").await;
    assert_eq!(
        (ready.status, ready.json()["providers"]["demo"].as_str()),
        (StatusCode::OK, Some("down")),
        "a provider in trouble takes no replica out of service"
    );
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn an_unlisted_redirect_uri_is_refused_by_the_provider() {
    let mut world = world_with(vec![]).await;
    let begun = world.begin("/").await;
    let other = with_param(
        &begun.location().unwrap(),
        "redirect_uri",
        Some("http://partner.localhost:1/auth/callback/demo"),
    );
    let refused = world.browser.get(&other).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("redirect URI is wrong"), "{}", refused.body);
}

#[tokio::test]
async fn an_unknown_provider_or_prompt_begins_no_sign_in() {
    let mut world = world().await;
    assert_eq!(world.post("/auth/signin/nobody", &[]).await.path(), "/login?error=unknown_provider");
    assert_eq!(
        world.post("/auth/signin/demo", &[("prompt", "create")]).await.status,
        StatusCode::BAD_REQUEST
    );
}

#[tokio::test]
async fn a_logout_that_overtakes_the_code_refuses_that_sign_in() {
    let mut world = world().await;
    let answer = world.at_provider("/", "alice").await;
    // A logout by `sub` (Back-Channel Logout 1.0 §2.5) also refuses sign-ins that began before it.
    assert_eq!(world.log_out_alice().await, 0);
    let refused = world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(refused.path(), "/login?error=session_ended");
    assert_eq!(world.status().await, 401);
}
