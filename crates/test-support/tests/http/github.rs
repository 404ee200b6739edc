//! GitHub speaks plain OAuth 2.0, not OpenID Connect.

use auth::clock::Clock;
use http::StatusCode;
use std::collections::HashMap;
use test_support::{
    App, AppOptions, Browser, app_routes, bind,
    github::{FakeGithub, Seen},
    now,
};

async fn start() -> (App, Seen) {
    let FakeGithub { base, vars, seen } = FakeGithub::start().await;
    let options = AppOptions { vars, ..AppOptions::default() };
    let app = App::start(bind().await, &base, Clock::fixed(now()), options, app_routes).await;
    (app, seen)
}

#[tokio::test]
async fn a_github_user_signs_in_without_an_id_token() {
    let (app, seen) = start().await;
    let mut browser = Browser::new();
    let begun = browser.post(&app.at("/auth/signin/github"), &[("callbackUrl", "/protected")]).await;
    let at_github = begun.location().unwrap();
    assert_eq!(at_github.path(), "/login/oauth/authorize");
    let params: HashMap<_, _> = at_github.query_pairs().into_owned().collect();
    assert_eq!(params["code_challenge_method"], "S256");
    assert!(!params.contains_key("nonce"));

    let state = &params["state"];
    let done = browser.get(&app.at(&format!("/auth/callback/github?code=good&state={state}"))).await;
    assert_eq!(done.path(), "/protected");
    let user = browser.get(&app.at("/auth/session")).await.json()["user"].clone();
    assert_eq!(user["id"], "github:583231");
    assert_eq!(user["name"], "octocat");
    let seen = seen.lock().unwrap();
    let challenge = auth::flow::code_challenge(&seen["code_verifier"]);
    assert_eq!(challenge, params["code_challenge"]);
}

#[tokio::test]
async fn a_code_that_github_refuses_creates_no_session() {
    let (app, _) = start().await;
    let mut browser = Browser::new();
    let begun = browser.post(&app.at("/auth/signin/github"), &[]).await;
    let state =
        begun.location().unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let refused = browser.get(&app.at(&format!("/auth/callback/github?code=bad&state={state}"))).await;
    assert_eq!(refused.path(), "/login?error=invalid_grant");
}

#[tokio::test]
async fn a_private_email_is_fetched_and_a_dead_refresh_token_ends_the_session() {
    let (app, _) = start().await;
    let mut browser = Browser::new();
    let begun = browser.post(&app.at("/auth/signin/github"), &[]).await;
    let state =
        begun.location().unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let done = browser.get(&app.at(&format!("/auth/callback/github?code=private&state={state}"))).await;
    assert_eq!(done.path(), "/");
    let user = browser.get(&app.at("/auth/session")).await.json()["user"].clone();
    assert_eq!(user["email"], "private@example.com");
    // GitHub refuses the refresh token with `bad_refresh_token` and status 200.
    let renewed = browser.post(&app.at("/api/renew-token"), &[]).await;
    assert_eq!(renewed.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get(&app.at("/auth/session")).await.body, "null");
}
