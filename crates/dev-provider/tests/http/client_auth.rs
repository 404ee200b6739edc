//! Client authentication with a signed JWT, and public clients.

use crate::jwt::{EcKey, rs256, rsa_public_pem};
use crate::support::{Answer, CALLBACK, FORM, SECRET, Suite, VERIFIER, ask, form, start, start_with, text};
use base64::{Engine as _, prelude::BASE64_STANDARD};
use dev_provider::{ClientAuth, generate_signing_key};
use reqwest::Method;
use serde_json::{Value, json};
use std::time::Duration;

const NOW: i64 = 1_800_000_000;
const JWT_BEARER: &str = "urn:ietf:params:oauth:client-assertion-type:jwt-bearer";

async fn start_with_key(public_key_pem: String) -> Suite {
    start_with(|config| config.clients[0].client_auth = ClientAuth::PrivateKeyJwt { public_key_pem }).await
}

/// Returns the claims of a valid assertion with one claim changed, or removed if null.
fn claims(suite: &Suite, name: &str, value: Value) -> Value {
    let mut claims = json!({
        "iss": "demo",
        "sub": "demo",
        "aud": format!("{}/token", suite.issuer),
        "exp": NOW + 600,
        "jti": format!("changed {name} {value}"),
    });
    if value.is_null() {
        claims.as_object_mut().unwrap().remove(name);
    } else {
        claims[name] = value;
    }
    claims
}

/// Redeems a new code with `credentials`.
async fn redeem(suite: &Suite, credentials: &[(&str, &str)]) -> Answer {
    let code = suite.visitor().sign_in(&ask(), "alice").await.param("code").unwrap();
    let mut fields = vec![
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("redirect_uri", CALLBACK),
        ("code_verifier", VERIFIER),
    ];
    fields.extend(credentials);
    suite.post("/token", &fields).await
}

async fn redeem_with(suite: &Suite, assertion: &str) -> Answer {
    redeem(suite, &[("client_assertion_type", JWT_BEARER), ("client_assertion", assertion)]).await
}

#[tokio::test]
async fn a_client_may_authenticate_with_a_signed_assertion() {
    let key = EcKey::new(1);
    let suite = start_with_key(key.public_pem()).await;
    let es256 = json!({ "alg": "ES256" });
    let audiences = [
        json!(format!("{}/token", suite.issuer)),
        json!(suite.issuer),
        json!(["https://another.example", suite.issuer]),
    ];
    for audience in audiences {
        let answer = redeem_with(&suite, &key.sign(&es256, &claims(&suite, "aud", audience))).await;
        assert_eq!(answer.status, 200, "{}", answer.body);
    }
    let assertion = key.sign(&es256, &claims(&suite, "iat", json!(NOW)));
    let credentials =
        [("client_assertion_type", JWT_BEARER), ("client_assertion", &assertion), ("token", "unknown")];
    assert_eq!(suite.post("/revoke", &credentials).await.status, 200);
}

#[tokio::test]
async fn an_rsa_key_signs_assertions_with_rs256() {
    let pem = generate_signing_key().unwrap();
    let suite = start_with_key(rsa_public_pem(&pem)).await;
    let assertion = rs256(&pem, &claims(&suite, "jti", json!("one")));
    let answer = redeem_with(&suite, &assertion).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
}

#[tokio::test]
async fn an_assertion_with_wrong_claims_is_refused() {
    let key = EcKey::new(1);
    let suite = start_with_key(key.public_pem()).await;
    for (name, value, words) in [
        ("iss", json!("second"), "iss"),
        ("iss", Value::Null, "iss"),
        ("sub", Value::Null, "client is unknown"),
        ("sub", json!("second"), "client is unknown"),
        ("aud", json!("https://another.example"), "aud"),
        ("aud", Value::Null, "aud"),
        ("exp", Value::Null, "exp"),
        ("exp", json!(NOW), "exp"),
        ("exp", json!(NOW + 601), "lifetime"),
        ("exp", json!("tomorrow"), "exp"),
        ("nbf", json!(NOW + 61), "not valid yet"),
        ("jti", Value::Null, "jti"),
    ] {
        let assertion = key.sign(&json!({ "alg": "ES256" }), &claims(&suite, name, value.clone()));
        let answer = redeem_with(&suite, &assertion).await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (401, "invalid_client"), "{name}");
        assert!(answer.body.contains(words), "{name}={value}: {}", answer.body);
    }
}

#[tokio::test]
async fn an_assertion_is_accepted_once() {
    let key = EcKey::new(1);
    let suite = start_with_key(key.public_pem()).await;
    let assertion = key.sign(&json!({ "alg": "ES256" }), &claims(&suite, "jti", json!("one")));
    assert_eq!(redeem_with(&suite, &assertion).await.status, 200);
    suite.clock.advance(Duration::from_secs(599));
    let again = redeem_with(&suite, &assertion).await;
    assert_eq!(again.error(), "invalid_client");
    assert!(again.body.contains("used before"));
}

#[tokio::test]
async fn an_assertion_with_another_signature_or_type_is_refused() {
    let key = EcKey::new(1);
    let suite = start_with_key(key.public_pem()).await;
    let es256 = json!({ "alg": "ES256" });
    let good = claims(&suite, "jti", json!("good"));
    let assertions = [
        EcKey::new(2).sign(&es256, &good),
        key.sign(&json!({ "alg": "none" }), &good),
        key.sign(&json!({ "alg": "HS256" }), &good),
        key.sign(&json!({ "alg": "RS256" }), &good),
        key.sign(&json!({ "alg": "ES256", "crit": ["b64"] }), &good),
        "garbage".to_owned(),
    ];
    for assertion in &assertions {
        assert_eq!(redeem_with(&suite, assertion).await.error(), "invalid_client", "{assertion}");
    }
    let good = key.sign(&es256, &good);
    for kind in ["", "urn:ietf:params:oauth:client-assertion-type:saml2-bearer"] {
        let answer = redeem(&suite, &[("client_assertion_type", kind), ("client_assertion", &good)]).await;
        assert_eq!(answer.error(), "invalid_client", "{kind}");
    }
    let both = [
        ("client_assertion_type", JWT_BEARER),
        ("client_assertion", good.as_str()),
        ("client_id", "demo"),
        ("client_secret", SECRET),
    ];
    assert_eq!(redeem(&suite, &both).await.error(), "invalid_request");
    let other_client = [&both[..2], &[("client_id", "second")]].concat();
    assert_eq!(redeem(&suite, &other_client).await.error(), "invalid_client");
    assert_eq!(redeem_with(&suite, &good).await.status, 200, "a refused request does not use up the jti");
}

#[tokio::test]
async fn a_client_with_a_key_cannot_use_its_secret_and_the_reverse() {
    let key = EcKey::new(1);
    let suite = start_with_key(key.public_pem()).await;
    let secret = [("client_id", "demo"), ("client_secret", SECRET)];
    assert_eq!(redeem(&suite, &secret).await.error(), "invalid_client");
    assert_eq!(redeem(&suite, &[("client_id", "demo")]).await.error(), "invalid_client");
    let mut second = claims(&suite, "sub", json!("second"));
    second["iss"] = json!("second");
    let assertion = key.sign(&json!({ "alg": "ES256" }), &second);
    assert_eq!(redeem_with(&suite, &assertion).await.error(), "invalid_client");
}

#[tokio::test]
async fn a_public_client_sends_only_its_id() {
    let suite = start_with(|config| config.clients[0].client_auth = ClientAuth::None).await;
    let answer = redeem(&suite, &[("client_id", "demo")]).await;
    assert_eq!(answer.status, 200, "{}", answer.body);
    let refresh = answer.json();
    let fields = [
        ("grant_type", "refresh_token"),
        ("refresh_token", text(&refresh["refresh_token"])),
        ("client_id", "demo"),
    ];
    assert_eq!(suite.post("/token", &fields).await.status, 200);
    assert_eq!(redeem(&suite, &[("client_id", "second")]).await.error(), "invalid_client");
    assert_eq!(redeem(&suite, &[]).await.error(), "invalid_client");
    let secret = [("client_id", "demo"), ("client_secret", SECRET)];
    assert_eq!(redeem(&suite, &secret).await.error(), "invalid_client");
    let basic = format!("Basic {}", BASE64_STANDARD.encode("demo:"));
    let answer = suite.send(Method::POST, "/token", &[FORM, ("authorization", &basic)], &form(&fields)).await;
    assert_eq!(answer.error(), "invalid_client");
}

#[tokio::test]
async fn the_metadata_list_a_method_only_if_a_client_uses_it() {
    let methods = async |suite: Suite| {
        let metadata = suite.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.json();
        (
            metadata["token_endpoint_auth_methods_supported"].clone(),
            metadata["token_endpoint_auth_signing_alg_values_supported"].clone(),
        )
    };
    let secrets = json!(["client_secret_basic", "client_secret_post"]);
    assert_eq!(methods(start().await).await, (secrets, Value::Null));
    let suite = start_with_key(EcKey::new(1).public_pem()).await;
    let with_key = json!(["client_secret_basic", "client_secret_post", "private_key_jwt"]);
    assert_eq!(methods(suite).await, (with_key, json!(["RS256", "ES256"])));
    let suite = start_with(|config| config.clients[1].client_auth = ClientAuth::None).await;
    let public = json!(["client_secret_basic", "client_secret_post", "none"]);
    assert_eq!(methods(suite).await, (public, Value::Null));
}
