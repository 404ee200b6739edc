//! `/token` with a code, `/userinfo`, `/revoke`.

use crate::support::{CALLBACK, FORM, SECRET, VERIFIER, ask, ask_with, form, start, text};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use reqwest::Method;
use std::time::Duration;

fn exchange(code: &str) -> Vec<(&str, &str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ]
}

fn basic(id: &str, secret: &str) -> String {
    let encode = |text: &str| url::form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    format!("Basic {}", BASE64_STANDARD.encode(format!("{}:{}", encode(id), encode(secret))))
}

#[tokio::test]
async fn a_client_may_put_its_secret_in_the_header_or_in_the_body() {
    let suite = start().await;
    let alice = suite.visitor();
    let code = alice.sign_in(&ask(), "alice").await.param("code").unwrap();
    let header = basic("demo", SECRET);
    let answer = suite
        .send(Method::POST, "/token", &[FORM, ("authorization", &header)], &form(&exchange(&code)))
        .await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    assert_eq!(answer.json()["token_type"], "Bearer");
    assert_eq!(answer.json()["expires_in"], 300);
    suite.tokens(&suite.visitor(), "alice").await;
}

#[tokio::test]
async fn wrong_credentials_are_refused_and_do_not_use_up_the_code() {
    let suite = start().await;
    let code = suite.visitor().sign_in(&ask(), "alice").await.param("code").unwrap();
    let body = form(&exchange(&code));
    for header in
        [basic("demo", "wrong"), basic("nobody", SECRET), "Basic !".to_owned(), "Bearer x".to_owned()]
    {
        let answer = suite.send(Method::POST, "/token", &[FORM, ("authorization", &header)], &body).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (401, "invalid_client"), "{header}");
        assert!(answer.headers.contains_key("www-authenticate"));
    }
    assert_eq!(suite.post("/token", &exchange(&code)).await.error(), "invalid_client");
    let header = basic("demo", SECRET);
    let twice = format!("{body}&client_secret=x");
    let both = suite.send(Method::POST, "/token", &[FORM, ("authorization", &header)], &twice).await;
    assert_eq!(both.error(), "invalid_request");
    assert_eq!(suite.redeem(&code).await.status, 200);
}

#[tokio::test]
async fn a_malformed_token_request_is_refused() {
    let suite = start().await;
    let code = suite.visitor().sign_in(&ask(), "alice").await.param("code").unwrap();
    let json = suite.send(Method::POST, "/token", &[("content-type", "application/json")], "{}").await;
    assert_eq!(json.error(), "invalid_request");
    let mut twice = exchange(&code);
    twice.push(("code", "x"));
    assert_eq!(suite.as_client("/token", &twice).await.error(), "invalid_request");
    assert_eq!(
        suite.as_client("/token", &[("grant_type", "password")]).await.error(),
        "unsupported_grant_type"
    );
    assert_eq!(suite.as_client("/token", &[]).await.error(), "invalid_request");
    assert_eq!(
        suite.as_client("/token", &[("grant_type", "authorization_code")]).await.error(),
        "invalid_request"
    );
}

#[tokio::test]
async fn a_replayed_code_is_refused_and_revokes_the_tokens_of_its_first_use() {
    let suite = start().await;
    let code = suite.visitor().sign_in(&ask(), "alice").await.param("code").unwrap();
    let tokens = suite.redeem(&code).await.json();
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.status, 200);
    assert_eq!(suite.redeem(&code).await.error(), "invalid_grant");
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.status, 401);
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_replay_after_the_codes_lifetime_still_revokes_the_tokens() {
    let suite = start().await;
    let code = suite.visitor().sign_in(&ask(), "alice").await.param("code").unwrap();
    let tokens = suite.redeem(&code).await.json();
    suite.clock.advance(Duration::from_secs(120));
    assert_eq!(suite.redeem(&code).await.error(), "invalid_grant");
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.status, 401);
}

#[tokio::test]
async fn a_code_expires_after_sixty_seconds() {
    let suite = start().await;
    let alice = suite.visitor();
    let code = alice.sign_in(&ask(), "alice").await.param("code").unwrap();
    suite.clock.advance(Duration::from_secs(59));
    assert_eq!(suite.redeem(&code).await.status, 200);
    let code = alice.sign_in(&ask_with("prompt", "login"), "alice").await.param("code").unwrap();
    suite.clock.advance(Duration::from_secs(60));
    assert_eq!(suite.redeem(&code).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_code_is_bound_to_its_client_redirect_uri_and_verifier() {
    let suite = start().await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    let identity = "http://identity.wow.localhost:4200/auth/callback/demo";
    let wrong_verifier = "x".repeat(43);
    for (name, value) in [
        ("redirect_uri", identity),
        ("redirect_uri", ""),
        ("code_verifier", wrong_verifier.as_str()),
        ("code_verifier", "short"),
        ("code_verifier", ""),
    ] {
        let code = alice.get(&crate::support::authorize(&ask())).await.param("code").unwrap();
        let mut fields: Vec<_> = exchange(&code).into_iter().filter(|(key, _)| *key != name).collect();
        fields.push((name, value));
        assert_eq!(suite.as_client("/token", &fields).await.error(), "invalid_grant", "{name}={value}");
        // The code is used up: a second try fails.
        assert_eq!(suite.redeem(&code).await.error(), "invalid_grant");
    }
    let code = alice.get(&crate::support::authorize(&ask())).await.param("code").unwrap();
    let mut foreign = exchange(&code);
    foreign.extend([("client_id", "second"), ("client_secret", SECRET)]);
    assert_eq!(suite.post("/token", &foreign).await.error(), "invalid_grant");
    assert_eq!(suite.redeem(&code).await.status, 200, "another client cannot use up the code");
}

#[tokio::test]
async fn without_offline_access_there_is_no_refresh_token() {
    let suite = start().await;
    let code = suite.visitor().sign_in(&ask_with("scope", "openid"), "alice").await.param("code").unwrap();
    let tokens = suite.redeem(&code).await.json();
    assert!(tokens.get("refresh_token").is_none());
    assert_eq!(tokens["scope"], "openid");
    let userinfo = suite.userinfo(text(&tokens["access_token"])).await.json();
    assert_eq!(userinfo, serde_json::json!({ "sub": "demo|alice" }));
}

#[tokio::test]
async fn userinfo_requires_a_valid_bearer_token() {
    let suite = start().await;
    let none = suite.send(Method::GET, "/userinfo", &[], "").await;
    assert_eq!(
        (none.status.as_u16(), none.headers["www-authenticate"].to_str().unwrap()),
        (401, "Bearer realm=\"userinfo\"")
    );
    let unknown = suite.userinfo("unknown").await;
    assert!(unknown.headers["www-authenticate"].to_str().unwrap().contains("invalid_token"));
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    suite.clock.advance(Duration::from_secs(300));
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.status, 401);
}

#[tokio::test]
async fn a_revoked_refresh_token_ends_its_family_but_an_access_token_only_itself() {
    let suite = start().await;
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    let (access, refresh) = (text(&tokens["access_token"]), text(&tokens["refresh_token"]));
    assert_eq!(suite.as_client("/revoke", &[("token", access)]).await.status, 200);
    assert_eq!(suite.userinfo(access).await.status, 401);
    let next = suite.refresh(refresh).await.json();
    assert_eq!(suite.as_client("/revoke", &[("token", text(&next["refresh_token"]))]).await.status, 200);
    assert_eq!(suite.userinfo(text(&next["access_token"])).await.status, 401);
    assert_eq!(suite.refresh(text(&next["refresh_token"])).await.error(), "invalid_grant");
}

#[tokio::test]
async fn revocation_requires_credentials_and_spares_other_clients_tokens() {
    let suite = start().await;
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    let refresh = text(&tokens["refresh_token"]);
    assert_eq!(suite.post("/revoke", &[("token", refresh)]).await.error(), "invalid_client");
    let foreign = [("client_id", "second"), ("client_secret", SECRET), ("token", refresh)];
    assert_eq!(suite.post("/revoke", &foreign).await.error(), "unauthorized_client");
    assert_eq!(suite.as_client("/revoke", &[("token", "unknown")]).await.status, 200);
    assert_eq!(suite.as_client("/revoke", &[]).await.error(), "invalid_request");
    assert_eq!(suite.refresh(refresh).await.status, 200);
}
