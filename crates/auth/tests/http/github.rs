//! GitHub speaks plain OAuth 2.0. This is a server that speaks it as GitHub Enterprise documents it,
//! because the real one cannot be asked from a test.

use auth::clock::Clock;
use axum::{
    Form, Json, Router,
    extract::State,
    http::{HeaderMap, StatusCode},
    routing::{get, post},
};
use serde_json::{Value, json};
use std::{collections::HashMap, sync::Arc, sync::Mutex};
use test_support::{App, AppOptions, Browser, app_routes, bind, now};
use url::Url;

type Seen = Arc<Mutex<HashMap<String, String>>>;

async fn access_token(State(seen): State<Seen>, Form(form): Form<HashMap<String, String>>) -> Json<Value> {
    let answer = match form.get("code").map(String::as_str) {
        Some("good") => json!({"access_token": "gho_1", "token_type": "bearer", "scope": "read:user"}),
        Some("private") => json!({"access_token": "gho_2", "token_type": "bearer", "expires_in": "28800",
            "refresh_token": "ghr_1"}),
        None if form.contains_key("refresh_token") => json!({"error": "bad_refresh_token",
            "error_description": "The refresh token passed is incorrect or expired."}),
        _ => {
            json!({"error": "bad_verification_code", "error_description": "The code passed is incorrect or expired."})
        }
    };
    seen.lock().unwrap().extend(form);
    Json(answer)
}

async fn user(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    let email = match headers["authorization"].to_str() {
        Ok("Bearer gho_1") => json!("octocat@example.com"),
        Ok("Bearer gho_2") => Value::Null,
        _ => return Err(StatusCode::UNAUTHORIZED),
    };
    Ok(Json(
        json!({"id": 583231, "login": "octocat", "name": null, "email": email, "avatar_url": "https://example.com/a.png"}),
    ))
}

/// Only for a token with the scope `user:email`.
async fn emails(headers: HeaderMap) -> Result<Json<Value>, StatusCode> {
    match headers["authorization"].to_str() {
        Ok("Bearer gho_2") => Ok(Json(json!([
            {"email": "old@example.com", "primary": false, "verified": true, "visibility": null},
            {"email": "private@example.com", "primary": true, "verified": true, "visibility": "private"},
        ]))),
        _ => Err(StatusCode::NOT_FOUND),
    }
}

async fn start() -> (App, Seen) {
    let (listener, port) = bind().await;
    let base: Url = format!("http://github.localhost:{port}").parse().unwrap();
    let seen = Seen::default();
    let github = Router::new()
        .route("/login/oauth/access_token", post(access_token))
        .route("/api/v3/user", get(user))
        .route("/api/v3/user/emails", get(emails))
        .with_state(seen.clone());
    tokio::spawn(async move { axum::serve(listener, github).await });
    let vars = vec![
        ("AUTH_GITHUB_ID", "client".to_owned()),
        ("AUTH_GITHUB_SECRET", "secret".to_owned()),
        ("AUTH_GITHUB_ISSUER", base.as_str().to_owned()),
    ];
    let app = App::start(
        bind().await,
        &base,
        Clock::fixed(now()),
        AppOptions { vars, ..AppOptions::default() },
        app_routes,
    )
    .await;
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
async fn a_code_that_github_refuses_signs_nobody_in() {
    let (app, _) = start().await;
    let mut browser = Browser::new();
    let begun = browser.post(&app.at("/auth/signin/github"), &[]).await;
    let state =
        begun.location().unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let refused = browser.get(&app.at(&format!("/auth/callback/github?code=bad&state={state}"))).await;
    assert_eq!(refused.path(), "/login?error=invalid_grant");
}

#[tokio::test]
async fn a_private_address_is_asked_for_and_a_dead_refresh_token_ends_the_session() {
    let (app, _) = start().await;
    let mut browser = Browser::new();
    let begun = browser.post(&app.at("/auth/signin/github"), &[]).await;
    let state =
        begun.location().unwrap().query_pairs().find(|(name, _)| name == "state").unwrap().1.into_owned();
    let done = browser.get(&app.at(&format!("/auth/callback/github?code=private&state={state}"))).await;
    assert_eq!(done.path(), "/");
    let user = browser.get(&app.at("/auth/session")).await.json()["user"].clone();
    assert_eq!(user["email"], "private@example.com");
    // What GitHub calls it, with status 200.
    let renewed = browser.post(&app.at("/api/renew-token"), &[]).await;
    assert_eq!(renewed.status, StatusCode::UNAUTHORIZED);
    assert_eq!(browser.get(&app.at("/auth/session")).await.body, "null");
}
