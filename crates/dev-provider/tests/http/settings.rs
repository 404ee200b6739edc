//! Settings of the provider that change its metadata, its tokens and its answers.

use crate::support::{Suite, ask, ask_with, authorize, claims, start, start_with, text};
use reqwest::Method;
use serde_json::{Value, json};

async fn metadata(suite: &Suite) -> Value {
    suite.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json()
}

fn list(words: &[&str]) -> Option<Vec<String>> {
    Some(words.iter().map(|word| (*word).to_owned()).collect())
}

#[tokio::test]
async fn the_metadata_may_leave_out_the_prompt_values() {
    let suite = start_with(|config| config.prompt_values = None).await;
    assert!(metadata(&suite).await.get("prompt_values_supported").is_none());
    let answer = suite.visitor().get(&authorize(&ask_with("prompt", "none"))).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_provider_without_prompt_none_answers_with_its_own_page() {
    let suite = start_with(|config| config.prompt_values = list(&["login", "create"])).await;
    assert_eq!(metadata(&suite).await["prompt_values_supported"], json!(["login", "create"]));
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    for prompt in ["none", "none login"] {
        let page = alice.get(&authorize(&ask_with("prompt", prompt))).await;
        assert_eq!((page.status.as_u16(), page.is_redirect()), (400, false), "{prompt}");
        assert!(page.body.contains("invalid_request") && page.body.contains("prompt=none"));
    }
    for prompt in ["login", "create"] {
        assert_eq!(alice.get(&authorize(&ask_with("prompt", prompt))).await.status, 200, "{prompt}");
    }
    let unlisted = alice.get(&authorize(&ask_with("prompt", "select_account"))).await;
    assert_eq!(unlisted.param("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn an_extra_audience_comes_with_azp_and_the_token_is_still_a_valid_hint() {
    let suite = start_with(|config| config.extra_audience = Some("https://api.example".to_owned())).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let id_token = suite.verified(text(&tokens["id_token"])).await.unwrap();
    assert_eq!(id_token["aud"], json!(["demo", "https://api.example"]));
    assert_eq!(id_token["azp"], "demo");
    let mut silent = ask_with("prompt", "none");
    silent.push(("id_token_hint", text(&tokens["id_token"])));
    assert!(alice.get(&authorize(&silent)).await.param("code").is_some());
    let plain = start().await;
    let tokens = plain.tokens(&plain.visitor(), "alice").await;
    assert!(claims(text(&tokens["id_token"])).get("azp").is_none());
}

#[tokio::test]
async fn a_silent_request_may_need_a_hint() {
    let suite = start_with(|config| config.requires_hint = true).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let mut silent = ask_with("prompt", "none");
    let answer = alice.get(&authorize(&silent)).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"));
    silent.push(("id_token_hint", "garbage"));
    let answer = alice.get(&authorize(&silent)).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"));
    silent.pop();
    silent.push(("id_token_hint", text(&tokens["id_token"])));
    assert!(alice.get(&authorize(&silent)).await.param("code").is_some());
    assert!(
        alice.get(&authorize(&ask())).await.param("code").is_some(),
        "an interactive request needs no hint"
    );
}

#[tokio::test]
async fn the_last_authorization_request_is_recorded_without_secrets() {
    let suite = start().await;
    assert_eq!(suite.provider.last_authorization(), None);
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let mut request = ask_with("prompt", "none");
    request.extend([
        ("id_token_hint", text(&tokens["id_token"])),
        ("audience", "https://api.example"),
        ("resource", "https://api.example/v1"),
        ("acr_values", "urn:mfa"),
    ]);
    assert!(alice.get(&authorize(&request)).await.param("code").is_some(), "other parameters are ignored");
    let recorded = suite.provider.last_authorization().unwrap();
    for (name, value) in [
        ("scope", "openid profile email offline_access"),
        ("audience", "https://api.example"),
        ("resource", "https://api.example/v1"),
        ("acr_values", "urn:mfa"),
        ("prompt", "none"),
        ("state", "present"),
        ("nonce", "present"),
        ("code_challenge", "present"),
        ("id_token_hint", "present"),
    ] {
        assert_eq!(recorded.get(name).map(String::as_str), Some(value), "{name}");
    }
    alice.get(&authorize(&ask_with("scope", "profile"))).await;
    let refused = suite.provider.last_authorization().unwrap();
    assert_eq!(refused["scope"], "profile");
    assert!(!refused.contains_key("id_token_hint"));
}

#[tokio::test]
async fn the_provider_grants_only_the_scopes_that_it_announces() {
    let suite = start_with(|config| config.scopes_supported = list(&["openid", "email", "api"])).await;
    assert_eq!(metadata(&suite).await["scopes_supported"], json!(["openid", "email", "api"]));
    let request = ask_with("scope", "openid profile email offline_access api");
    let code = suite.visitor().sign_in(&request, "alice").await.param("code").unwrap();
    let tokens = suite.redeem(&code).await.json();
    assert_eq!(tokens["scope"], "api email openid");
    assert!(tokens.get("refresh_token").is_none());
    let default = metadata(&start().await).await;
    assert_eq!(default["scopes_supported"], json!(["openid", "profile", "email", "offline_access"]));
}

#[tokio::test]
async fn a_refresh_token_may_come_without_offline_access() {
    let suite = start_with(|config| config.offline_access_required = false).await;
    let code = suite.visitor().sign_in(&ask_with("scope", "openid"), "alice").await.param("code").unwrap();
    let tokens = suite.redeem(&code).await.json();
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 200);
}
