//! `/authorize` and the login page.

use crate::support::{CALLBACK, ask, ask_with, authorize, claims, start, text};
use std::time::Duration;

#[tokio::test]
async fn alice_signs_in_with_one_click_and_the_app_gets_a_code() {
    let suite = start().await;
    let alice = suite.visitor();
    let page = alice.get(&authorize(&ask())).await;
    assert_eq!(page.status, 200);
    for words in
        ["Continue as Alice", "Continue as Bob", "demo provider", "http://localhost:4200", "<strong>demo<"]
    {
        assert!(page.body.contains(words), "{words}");
    }
    let answer =
        alice.post("/login", &[("transaction", &page.hidden("transaction")), ("user", "alice")]).await;
    assert_eq!(answer.status, 303);
    assert!(answer.location().as_str().starts_with(CALLBACK));
    assert_eq!(answer.param("state").unwrap(), "the state");
    assert_eq!(answer.param("iss").unwrap(), suite.issuer);

    let tokens = suite.redeem(&answer.param("code").unwrap()).await.json();
    let id_token = suite.verified(text(&tokens["id_token"])).await.unwrap();
    assert_eq!(id_token["iss"], suite.issuer.as_str());
    assert_eq!(id_token["aud"], serde_json::json!(["demo"]));
    assert_eq!(id_token["sub"], "demo|alice");
    assert_eq!(id_token["nonce"], "the-nonce");
    assert_eq!(id_token["name"], "Alice Adams");
    assert_eq!(id_token["iat"], 1_800_000_000);
    assert_eq!(id_token["exp"], 1_800_000_300);
    assert!(!text(&id_token["sid"]).is_empty() && !text(&id_token["at_hash"]).is_empty());
    let userinfo = suite.userinfo(text(&tokens["access_token"])).await.json();
    assert_eq!(userinfo["email"], "alice@example.com");
}

#[tokio::test]
async fn a_second_app_gets_its_code_without_a_page_and_with_the_same_sid() {
    let suite = start().await;
    let alice = suite.visitor();
    let first = suite.tokens(&alice, "alice").await;
    let again = alice.get(&authorize(&ask())).await;
    assert_eq!(again.status, 303);
    let second = suite.redeem(&again.param("code").unwrap()).await.json();
    assert_eq!(claims(text(&first["id_token"]))["sid"], claims(text(&second["id_token"]))["sid"]);
}

#[tokio::test]
async fn an_unknown_redirect_uri_gets_the_articles_page_and_no_redirect() {
    let suite = start().await;
    let page = suite
        .visitor()
        .get(&authorize(&ask_with("redirect_uri", "http://localhost:4201/auth/callback/demo")))
        .await;
    assert_eq!(page.status, 400);
    assert!(!page.is_redirect());
    assert!(page.body.contains("unauthorized_client"));
    let words =
        "The redirect URI is wrong. You sent http://localhost:4201, and we expected http://localhost:4200";
    assert!(page.body.contains(words), "{}", page.body);
}

#[tokio::test]
async fn no_variation_of_a_redirect_uri_is_followed() {
    let suite = start().await;
    for sent in [
        "http://localhost:4200/auth/callback/demo/",
        "http://localhost:4200/auth/callback/demo?next=1",
        "http://localhost:4200/auth/callback/demo#x",
        "http://localhost:4200/auth/callback/../callback/demo",
        "http://localhost:4200@evil.example/auth/callback/demo",
        "http://evil.example/<script>alert(1)</script>",
        "https://localhost:4200/auth/callback/demo",
        "javascript:alert(1)",
        "//localhost:4200/auth/callback/demo",
        " ",
    ] {
        let page = suite.visitor().get(&authorize(&ask_with("redirect_uri", sent))).await;
        assert_eq!((page.status.as_u16(), page.is_redirect()), (400, false), "{sent}");
        assert!(!page.body.contains("<script"), "{sent}");
    }
    let page = suite.visitor().get(&authorize(&ask_with("redirect_uri", ""))).await;
    assert_eq!((page.status.as_u16(), page.is_redirect()), (400, false));
}

#[tokio::test]
async fn text_from_the_request_is_escaped_on_the_page() {
    let suite = start().await;
    let page = suite.visitor().get(&authorize(&ask_with("redirect_uri", "/<b>&\"x"))).await;
    assert!(page.body.contains("/&lt;b&gt;&amp;&quot;x"), "{}", page.body);
}

#[tokio::test]
async fn an_unknown_or_repeated_client_gets_a_page_and_no_redirect() {
    let suite = start().await;
    let doubled = format!("{}&client_id=demo", authorize(&ask()));
    let redirect_doubled = format!("{}&redirect_uri=http%3A%2F%2Fevil.example", authorize(&ask()));
    for path in [
        authorize(&ask_with("client_id", "nobody")),
        authorize(&ask_with("client_id", "")),
        doubled,
        redirect_doubled,
    ] {
        let page = suite.visitor().get(&path).await;
        assert_eq!((page.status.as_u16(), page.is_redirect()), (400, false), "{path}");
    }
}

#[tokio::test]
async fn a_bad_request_goes_back_to_the_app_with_its_state_and_iss() {
    let suite = start().await;
    for (name, value, error) in [
        ("response_type", "token", "unsupported_response_type"),
        ("response_type", "", "unsupported_response_type"),
        ("response_mode", "fragment", "invalid_request"),
        ("scope", "profile", "invalid_scope"),
        ("code_challenge", "", "invalid_request"),
        ("code_challenge", "short", "invalid_request"),
        ("code_challenge_method", "plain", "invalid_request"),
        ("code_challenge_method", "", "invalid_request"),
        ("prompt", "none login", "invalid_request"),
        ("prompt", "dance", "invalid_request"),
        ("max_age", "soon", "invalid_request"),
        ("request", "eyJ", "request_not_supported"),
        ("request_uri", "http://x.example", "request_uri_not_supported"),
    ] {
        let answer = suite.visitor().get(&authorize(&ask_with(name, value))).await;
        assert_eq!(answer.param("error").as_deref(), Some(error), "{name}={value}");
        assert_eq!(answer.param("state").as_deref(), Some("the state"));
        assert_eq!(answer.param("iss").as_ref(), Some(&suite.issuer));
        assert_eq!(answer.param("code"), None);
    }
}

#[tokio::test]
async fn a_parameter_sent_twice_is_refused() {
    let suite = start().await;
    for twice in ["nonce", "scope", "state", "code_challenge", "anything"] {
        let path = format!("{}&{twice}=1&{twice}=2", authorize(&ask()));
        let answer = suite.visitor().get(&path).await;
        assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{twice}");
        assert_eq!(answer.param("state").is_none(), twice == "state");
    }
}

#[tokio::test]
async fn prompt_none_never_shows_a_page() {
    let suite = start().await;
    let alice = suite.visitor();
    let silent = authorize(&ask_with("prompt", "none"));
    let answer = alice.get(&silent).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"));
    assert_eq!(answer.param("iss").as_ref(), Some(&suite.issuer));
    assert_eq!(alice.cookie(), None);
    suite.tokens(&alice, "alice").await;
    assert!(alice.get(&silent).await.param("code").is_some());
}

#[tokio::test]
async fn prompt_login_asks_again_and_moves_auth_time() {
    let suite = start().await;
    let alice = suite.visitor();
    let first = suite.tokens(&alice, "alice").await;
    suite.clock.advance(Duration::from_secs(100));
    for prompt in ["login", "select_account"] {
        assert_eq!(alice.get(&authorize(&ask_with("prompt", prompt))).await.status, 200);
    }
    let code = alice.sign_in(&ask_with("prompt", "login"), "alice").await.param("code").unwrap();
    let second = suite.redeem(&code).await.json();
    let (first, second) = (claims(text(&first["id_token"])), claims(text(&second["id_token"])));
    assert_eq!(first["sid"], second["sid"]);
    assert_eq!(first["auth_time"], 1_800_000_000);
    assert_eq!(second["auth_time"], 1_800_000_100);
}

#[tokio::test]
async fn max_age_asks_again_when_the_sign_in_is_too_old() {
    let suite = start().await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    suite.clock.advance(Duration::from_secs(60));
    assert_eq!(alice.get(&authorize(&ask_with("max_age", "60"))).await.status, 303);
    assert_eq!(alice.get(&authorize(&ask_with("max_age", "59"))).await.status, 200);
    assert_eq!(alice.get(&authorize(&ask_with("max_age", "0"))).await.status, 200);
    let mut silent = ask_with("max_age", "59");
    silent.push(("prompt", "none"));
    assert_eq!(alice.get(&authorize(&silent)).await.param("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn a_login_hint_puts_its_user_first() {
    let suite = start().await;
    for (hint, bob_first) in [("bob", true), ("BOB@example.com", true), ("alice", false), ("mallory", false)]
    {
        let page = suite.visitor().get(&authorize(&ask_with("login_hint", hint))).await.body;
        let order = page.find("Continue as Bob").unwrap() < page.find("Continue as Alice").unwrap();
        assert_eq!(order, bob_first, "{hint}");
    }
}

#[tokio::test]
async fn an_id_token_hint_accepts_only_its_user() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let mut silent = ask_with("prompt", "none");
    silent.push(("id_token_hint", text(&tokens["id_token"])));
    assert!(alice.get(&authorize(&silent)).await.param("code").is_some());
    let bob = suite.visitor();
    suite.tokens(&bob, "bob").await;
    assert_eq!(bob.get(&authorize(&silent)).await.param("error").as_deref(), Some("login_required"));
    let answer = bob.sign_in(&ask_with("id_token_hint", text(&tokens["id_token"])), "bob").await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"));
}
