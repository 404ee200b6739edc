//! `Personality::Apple`: form_post, the first sign-in and the signed client secret.

use crate::jwt::EcKey;
use crate::support::{
    Answer, CALLBACK, FORM, SECRET, Suite, VERIFIER, Visitor, ask_with, authorize, form, start_with, text,
};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dev_provider::{ClientAuth, Personality};
use reqwest::Method;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use std::time::Duration;

const NOW: i64 = 1_800_000_000;
const DAY: i64 = 24 * 3600;

async fn start() -> Suite {
    start_with(|config| {
        config.personality = Personality::Apple;
        config.clients[1].client_secret = "secret".into();
        config.clients[0].client_auth = ClientAuth::AppleJwt {
            team_id: "TEAM".to_owned(),
            key_id: "KEY".to_owned(),
            public_key_pem: EcKey::new(1).public_pem(),
        };
    })
    .await
}

fn ask_apple<'a>(scope: &'a str, response_mode: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut request = ask_with("scope", scope);
    if !response_mode.is_empty() {
        request.push(("response_mode", response_mode));
    }
    request
}

/// Returns the claims of a valid client secret with one claim changed, or removed if null.
fn claims(suite: &Suite, name: &str, value: Value) -> Value {
    let mut claims =
        json!({ "iss": "TEAM", "sub": "demo", "aud": suite.issuer, "iat": NOW, "exp": NOW + 180 * DAY });
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

fn secret(suite: &Suite) -> String {
    let header = json!({ "alg": "ES256", "kid": "KEY" });
    EcKey::new(1).sign(&header, &claims(suite, "iss", json!("TEAM")))
}

fn exchange<'a>(code: &'a str, secret: &'a str) -> Vec<(&'a str, &'a str)> {
    vec![
        ("grant_type", "authorization_code"),
        ("code", code),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
        ("client_id", "demo"),
        ("client_secret", secret),
    ]
}

async fn sign_in(alice: &Visitor<'_>, scope: &str) -> Answer {
    let page = alice.sign_in(&ask_apple(scope, "form_post"), "alice").await;
    assert_eq!((page.status.as_u16(), page.is_redirect()), (200, false), "{}", page.body);
    page
}

#[tokio::test]
async fn the_metadata_are_apples() {
    let suite = start().await;
    let metadata = suite.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
    assert_eq!(metadata["token_endpoint_auth_methods_supported"], json!(["client_secret_post"]));
    assert_eq!(metadata["scopes_supported"], json!(["openid", "email", "name"]));
    assert_eq!(metadata["response_modes_supported"], json!(["query", "form_post"]));
    assert_eq!(metadata["authorization_response_iss_parameter_supported"], false);
    assert_eq!(metadata["backchannel_logout_supported"], false);
    for name in ["userinfo_endpoint", "end_session_endpoint"] {
        assert!(metadata.get(name).is_none(), "{name}");
    }
}

#[tokio::test]
async fn a_request_for_name_or_email_needs_form_post() {
    let suite = start().await;
    for scope in ["name", "email", "openid name email"] {
        for mode in ["", "query"] {
            let answer = suite.visitor().get(&authorize(&ask_apple(scope, mode))).await;
            assert_eq!(answer.param("error").as_deref(), Some("invalid_request"), "{scope} {mode}");
            assert_eq!(answer.param("state").as_deref(), Some("the state"));
        }
    }
    let answer = suite.visitor().sign_in(&ask_apple("openid", ""), "alice").await;
    assert!(answer.param("code").is_some() && answer.param("iss").is_none());
    let fragment = suite.visitor().get(&authorize(&ask_apple("openid", "fragment"))).await;
    assert_eq!(fragment.param("error").as_deref(), Some("invalid_request"));
    let plain = crate::support::start().await;
    let answer = plain.visitor().get(&authorize(&ask_apple("openid", "form_post"))).await;
    assert_eq!(answer.param("error").as_deref(), Some("invalid_request"));
}

#[tokio::test]
async fn the_answer_is_a_form_that_posts_itself() {
    let suite = start().await;
    let page = sign_in(&suite.visitor(), "openid name email").await;
    assert!(page.body.contains(&format!("method=\"post\" action=\"{CALLBACK}\"")), "{}", page.body);
    assert!(page.body.contains("<button class=\"button wide\">Continue</button>"));
    assert!(!page.hidden("code").is_empty());
    assert_eq!(page.hidden("state"), "the state");
    let (_, rest) = page.body.split_once("<script>").unwrap();
    let hash = BASE64_STANDARD.encode(Sha256::digest(rest.split("</script>").next().unwrap()));
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(
        policy.contains("default-src 'none'") && policy.contains(&format!("'sha256-{hash}'")),
        "{policy}"
    );
    assert!(!policy.contains("form-action"), "the form goes to the app, and its redirects go anywhere");
    assert_eq!(page.headers["referrer-policy"], "origin", "the post needs its Origin");
}

#[tokio::test]
async fn the_user_comes_only_with_the_first_sign_in_to_a_client() {
    let suite = start().await;
    let alice = suite.visitor();
    let first = sign_in(&alice, "name email").await.hidden("user").replace("&quot;", "\"");
    let expected =
        json!({ "name": { "firstName": "Alice", "lastName": "Adams" }, "email": "alice@example.com" });
    assert_eq!(serde_json::from_str::<Value>(&first).unwrap(), expected);
    let again = alice.get(&authorize(&ask_apple("name email", "form_post"))).await;
    assert!(again.body.contains("name=\"code\"") && !again.body.contains("name=\"user\""));
    assert!(!sign_in(&suite.visitor(), "name email").await.body.contains("name=\"user\""));
    let mut second = ask_apple("email", "form_post");
    second.retain(|(name, _)| *name != "client_id");
    second.push(("client_id", "second"));
    let user = alice.get(&authorize(&second)).await.hidden("user").replace("&quot;", "\"");
    assert_eq!(serde_json::from_str::<Value>(&user).unwrap(), json!({ "email": "alice@example.com" }));
}

#[tokio::test]
async fn errors_are_posted_too() {
    let suite = start().await;
    let alice = suite.visitor();
    let page = alice.get(&authorize(&ask_apple("name", "form_post"))).await;
    let answer =
        alice.post("/login", &[("transaction", &page.hidden("transaction")), ("cancel", "yes")]).await;
    assert_eq!((answer.status.as_u16(), answer.is_redirect()), (200, false));
    assert_eq!(answer.hidden("error"), "user_cancelled_authorize");
    assert_eq!(answer.hidden("state"), "the state");
    assert!(!answer.body.contains("error_description"));
    let mut silent = ask_apple("name", "form_post");
    silent.push(("prompt", "none"));
    assert_eq!(alice.get(&authorize(&silent)).await.hidden("error"), "login_required");
}

#[tokio::test]
async fn the_id_token_has_no_name_and_email_verified_is_a_string() {
    let suite = start().await;
    let code = sign_in(&suite.visitor(), "name email").await.hidden("code");
    let secret = secret(&suite);
    let tokens = suite.post("/token", &exchange(&code, &secret)).await.json();
    let id_token = suite.verified(text(&tokens["id_token"])).await.unwrap();
    assert_eq!(id_token["iss"], suite.issuer.as_str());
    assert_eq!(
        (&id_token["email"], &id_token["email_verified"]),
        (&json!("alice@example.com"), &json!("true"))
    );
    for claim in ["name", "given_name", "family_name", "sid"] {
        assert!(id_token.get(claim).is_none(), "{claim}");
    }
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&tokens["refresh_token"])),
        ("client_id", "demo"),
        ("client_secret", &secret),
    ];
    assert_eq!(suite.post("/token", &fields).await.status, 200, "a refresh token needs no offline_access");
}

#[tokio::test]
async fn a_client_secret_with_wrong_claims_is_refused() {
    let suite = start().await;
    let key = EcKey::new(1);
    let header = json!({ "alg": "ES256", "kid": "KEY" });
    let good = claims(&suite, "iss", json!("TEAM"));
    let mut secrets = vec![
        (key.sign(&json!({ "alg": "ES256" }), &good), "kid"),
        (key.sign(&json!({ "alg": "ES256", "kid": "OTHER" }), &good), "kid"),
        (key.sign(&json!({ "alg": "HS256", "kid": "KEY" }), &good), "signature"),
        (EcKey::new(2).sign(&header, &good), "signature"),
        (SECRET.to_owned(), "JWT"),
    ];
    for (name, value, words) in [
        ("iss", json!("OTHER"), "iss"),
        ("sub", json!("second"), "sub"),
        ("aud", json!("https://appleid.apple.com"), "aud"),
        ("iat", Value::Null, "iat"),
        ("iat", json!(NOW + 120), "iat"),
        ("exp", Value::Null, "exp"),
        ("exp", json!(NOW), "exp"),
        ("exp", json!(NOW + 180 * DAY + 1), "lifetime"),
    ] {
        secrets.push((key.sign(&header, &claims(&suite, name, value)), words));
    }
    let code = sign_in(&suite.visitor(), "name").await.hidden("code");
    for (secret, words) in &secrets {
        let answer = suite.post("/token", &exchange(&code, secret)).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (401, "invalid_client"), "{secret}");
        assert!(answer.body.contains(words), "{words}: {}", answer.body);
    }
    let secret = secret(&suite);
    let basic = format!("Basic {}", BASE64_STANDARD.encode(format!("demo:{secret}")));
    let fields = form(&exchange(&code, "")[..4]);
    let answer = suite.send(Method::POST, "/token", &[FORM, ("authorization", &basic)], &fields).await;
    assert_eq!(answer.error(), "invalid_client", "client_secret_basic is refused");
    let basic = format!("Basic {}", BASE64_STANDARD.encode("second:secret"));
    let answer = suite.send(Method::POST, "/revoke", &[FORM, ("authorization", &basic)], "token=x").await;
    assert_eq!(answer.error(), "invalid_client", "also with a plain secret");
    let fields = [("client_id", "second"), ("client_secret", "secret"), ("token", "x")];
    assert_eq!(suite.post("/revoke", &fields).await.status, 200);
    assert_eq!(suite.post("/token", &exchange(&code, &secret)).await.status, 200);
}

#[tokio::test]
async fn a_client_secret_is_used_until_it_expires() {
    let suite = start().await;
    let alice = suite.visitor();
    let secret = secret(&suite);
    for (days, status) in [(0, 200), (179, 200), (1, 401)] {
        suite.clock.advance(Duration::from_secs(days * 24 * 3600));
        let code = sign_in(&alice, "name").await.hidden("code");
        assert_eq!(suite.post("/token", &exchange(&code, &secret)).await.status, status, "{days}");
        alice.cookies.lock().unwrap().clear();
    }
}
