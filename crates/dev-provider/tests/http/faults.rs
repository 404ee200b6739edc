//! Each fault has its documented effect, as often as requested.

use crate::support::{Suite, ask, ask_with, authorize, claims, header, start, start_with, text};
use dev_provider::{CustomResponse, Document, Endpoint, Fault};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

async fn spoilt(suite: &Suite, fault: Fault) -> String {
    suite.provider.faults().add_times(fault, 1);
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    text(&tokens["id_token"]).to_owned()
}

#[tokio::test]
async fn a_wrong_claim_still_has_a_valid_signature() {
    let suite = start().await;
    let now = 1_800_000_000;
    let cases: [(Fault, &str, Value); 7] = [
        (Fault::WrongIss, "iss", json!("http://somebody-else.localhost")),
        (Fault::WrongAud, "aud", json!(["somebody-else"])),
        (Fault::WrongAzp, "azp", json!("somebody-else")),
        (Fault::WrongNonce, "nonce", json!("another-nonce")),
        (Fault::MissingNonce, "nonce", Value::Null),
        (Fault::Expired, "exp", json!(now - 3600)),
        (Fault::NotYetValid, "iat", json!(now + 3600)),
    ];
    for (fault, claim, expected) in cases {
        let token = spoilt(&suite, fault.clone()).await;
        let claims = suite.verified(&token).await.unwrap();
        assert_eq!(claims[claim], expected, "{fault:?}");
    }
    let good = suite.tokens(&suite.visitor(), "alice").await;
    let good = suite.verified(text(&good["id_token"])).await.unwrap();
    assert_eq!((&good["nonce"], &good["aud"]), (&json!("the-nonce"), &json!(["demo"])));
}

#[tokio::test]
async fn a_wrong_signature_does_not_verify() {
    let suite = start().await;
    for (fault, alg) in [
        (Fault::WrongKid, "RS256"),
        (Fault::AlgNone, "none"),
        (Fault::Hs256WithPublicKey, "HS256"),
        (Fault::BadSignature, "RS256"),
    ] {
        let token = spoilt(&suite, fault.clone()).await;
        assert_eq!(header(&token)["alg"], alg, "{fault:?}");
        assert_eq!(claims(&token)["nonce"], "the-nonce");
        let verified = if alg == "RS256" { suite.verified(&token).await } else { None };
        assert!(verified.is_none(), "{fault:?}");
        assert_eq!(token.ends_with('.'), fault == Fault::AlgNone);
    }
}

#[tokio::test]
async fn the_id_token_can_be_left_out() {
    let suite = start().await;
    suite.provider.faults().add_times(Fault::NoIdToken, 1);
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    assert!(tokens.get("id_token").is_none() && tokens.get("access_token").is_some());
}

#[tokio::test]
async fn the_iss_parameter_can_be_wrong_or_missing() {
    let suite = start().await;
    let silent = authorize(&ask_with("prompt", "none"));
    suite.provider.faults().add_times(Fault::WrongIssParameter, 1);
    let wrong = suite.visitor().get(&silent).await;
    assert_eq!(wrong.param("iss").as_deref(), Some("http://somebody-else.localhost"));
    suite.provider.faults().add_times(Fault::MissingIssParameter, 1);
    assert_eq!(suite.visitor().get(&silent).await.param("iss"), None);
    assert_eq!(suite.visitor().get(&silent).await.param("iss").as_ref(), Some(&suite.issuer));
}

#[tokio::test]
async fn an_endpoint_can_be_slow_or_broken() {
    let suite = start().await;
    for (endpoint, path) in [
        (Endpoint::Discovery, "/.well-known/openid-configuration"),
        (Endpoint::Jwks, "/jwks.json"),
        (Endpoint::Userinfo, "/userinfo"),
    ] {
        suite.provider.faults().add_times(Fault::Status500(endpoint), 1);
        assert_eq!(suite.send(Method::GET, path, &[], "").await.status, 500, "{path}");
        assert_ne!(suite.send(Method::GET, path, &[], "").await.status, 500, "{path}");
    }
    let wait = Duration::from_millis(60);
    suite.provider.faults().add_times(Fault::Slow(Endpoint::Jwks, wait), 1);
    let before = Instant::now();
    suite.send(Method::GET, "/jwks.json", &[], "").await;
    assert!(before.elapsed() >= wait);
}

#[tokio::test]
async fn a_status_500_keeps_the_code_valid_but_a_lost_response_uses_it_up() {
    let suite = start().await;
    let alice = suite.visitor();
    let code = alice.sign_in(&ask(), "alice").await.param("code").unwrap();
    suite.provider.faults().add_times(Fault::Status500(Endpoint::Token), 1);
    assert_eq!(suite.redeem(&code).await.status, 500);
    let tokens = suite.redeem(&code).await.json();
    suite.provider.faults().add_times(Fault::LostTokenAnswer, 1);
    let refresh = text(&tokens["refresh_token"]);
    assert_eq!(suite.refresh(refresh).await.status, 500);
    assert_eq!(suite.refresh(refresh).await.status, 200, "within the grace period the response is repeated");
    let code = alice.get(&authorize(&ask())).await.param("code").unwrap();
    suite.provider.faults().add_times(Fault::LostTokenAnswer, 1);
    assert_eq!(suite.redeem(&code).await.status, 500);
    assert_eq!(suite.redeem(&code).await.error(), "invalid_grant");
}

#[tokio::test]
async fn prompt_none_can_answer_with_another_user() {
    let suite = start().await;
    let browser = suite.visitor();
    suite.tokens(&browser, "alice").await;
    suite.provider.faults().add_times(Fault::OtherUser, 1);
    let code = browser.get(&authorize(&ask_with("prompt", "none"))).await.param("code").unwrap();
    let tokens = suite.redeem(&code).await.json();
    assert_eq!(claims(text(&tokens["id_token"]))["sub"], "demo|bob");
}

#[tokio::test]
async fn rotation_replaces_the_published_key_at_once() {
    // A separate key, because the key that the other tests share must not change.
    let suite = start_with(|config| config.data_dir = None).await;
    let before = suite.tokens(&suite.visitor(), "alice").await;
    let before = text(&before["id_token"]);
    assert!(suite.verified(before).await.is_some());
    let answer =
        suite.send(Method::POST, "/test/faults", &[], r#"{"faults":[{"fault":"rotate_keys"}]}"#).await;
    assert_eq!(answer.status, 204);
    assert!(suite.verified(before).await.is_none());
    let after = suite.tokens(&suite.visitor(), "alice").await;
    assert!(suite.verified(text(&after["id_token"])).await.is_some());
}

#[tokio::test]
async fn an_order_with_an_invalid_line_switches_no_fault_on() {
    let suite = start().await;
    let order = async |body: &str| suite.send(Method::POST, "/test/faults", &[], body).await.status.as_u16();
    let silent = authorize(&ask_with("prompt", "none"));
    for bad in [
        r#"{"faults":[{"fault":"missing_iss_parameter"},{"fault":"slow","ms":5}]}"#,
        r#"{"faults":[{"fault":"missing_iss_parameter"},{"fault":"slow","endpoint":"token"}]}"#,
        r#"{"faults":[{"fault":"missing_iss_parameter"},{"fault":"unheard_of"}]}"#,
        r#"{"fault":"missing_iss_parameter"}"#,
        "",
    ] {
        assert_eq!(order(bad).await, 422, "{bad}");
    }
    assert!(suite.visitor().get(&silent).await.param("iss").is_some());
    assert_eq!(order(r#"{"faults":[{"fault":"missing_iss_parameter"}]}"#).await, 204);
    for _ in 0..3 {
        assert!(suite.visitor().get(&silent).await.param("iss").is_none());
    }
    assert_eq!(suite.send(Method::DELETE, "/test/faults", &[], "").await.status, 204);
    assert!(suite.visitor().get(&silent).await.param("iss").is_some());
}

#[tokio::test]
async fn the_counters_count_every_request() {
    let suite = start().await;
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    suite.refresh(text(&tokens["refresh_token"])).await;
    suite.as_client("/token", &[("grant_type", "password")]).await;
    suite.userinfo("x").await;
    suite.send(Method::GET, "/jwks.json", &[], "").await;
    suite.as_client("/revoke", &[("token", "x")]).await;
    let counters = suite.send(Method::GET, "/test/counters", &[], "").await.json();
    let expected = json!({
        "authorization_code": 1, "refresh_token": 1, "other_grant": 1, "jwks": 1, "discovery": 0, "userinfo": 1,
        "revocation": 1,
    });
    assert_eq!(counters, expected);
    assert_eq!(serde_json::to_value(suite.provider.counters()).unwrap(), expected);
}

#[tokio::test]
async fn a_short_lived_access_token_is_followed_by_a_normal_one() {
    let suite = start().await;
    suite.provider.faults().add_times(Fault::ShortLived, 1);
    let first = suite.tokens(&suite.visitor(), "alice").await;
    let second = suite.tokens(&suite.visitor(), "alice").await;
    assert_eq!((&first["expires_in"], &second["expires_in"]), (&json!(2), &json!(300)));
}

#[tokio::test]
async fn any_response_and_any_members_can_be_ordered() {
    let suite = start().await;
    let faults = suite.provider.faults();
    let members = |value: Value| value.as_object().unwrap().clone();
    faults.add_times(
        Fault::Members(Document::TokenAnswer, members(json!({"expires_in": "300", "scope": null}))),
        1,
    );
    faults.add_times(Fault::Members(Document::IdToken, members(json!({"sid": null, "groups": ["a"]}))), 1);
    let odd = suite.tokens(&suite.visitor(), "alice").await;
    assert_eq!((&odd["expires_in"], odd.get("scope")), (&json!("300"), None));
    let odd = claims(text(&odd["id_token"]));
    assert_eq!((odd.get("sid"), &odd["groups"]), (None, &json!(["a"])));
    let busy = CustomResponse::json(429, &json!({"error": "too_many_requests"}));
    faults.add_times(Fault::Answer(Endpoint::Token, busy), 1);
    let refused = suite.refresh("whatever").await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (429, "too_many_requests"));
    assert_eq!(suite.refresh("whatever").await.status.as_u16(), 400, "once only");
}
