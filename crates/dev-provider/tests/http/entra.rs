//! `Personality::Entra`: issuers of tenants.

use crate::support::{AFTER, Suite, ask_with, authorize, claims, logout, start_with, text};
use dev_provider::{ALICE_TENANT, BOB_TENANT, Personality};
use reqwest::Method;
use serde_json::Value;

async fn start() -> Suite {
    start_with(|config| config.personality = Personality::Entra).await
}

async fn metadata(suite: &Suite, tenant: &str) -> Value {
    let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
    suite.send(Method::GET, &path, &[], "").await.json()
}

#[tokio::test]
async fn the_metadata_of_many_tenants_have_a_template_as_issuer() {
    let suite = start().await;
    for tenant in ["common", "organizations"] {
        let metadata = metadata(&suite, tenant).await;
        assert_eq!(metadata["issuer"], format!("{}/{{tenantid}}/v2.0", suite.issuer));
        assert_eq!(metadata["token_endpoint"], format!("{}/token", suite.issuer));
        assert_eq!(metadata["authorization_response_iss_parameter_supported"], false);
        let claims = metadata["claims_supported"].as_array().unwrap();
        assert!(claims.contains(&"tid".into()) && !claims.contains(&"email_verified".into()));
    }
    for tenant in [ALICE_TENANT, BOB_TENANT] {
        assert_eq!(metadata(&suite, tenant).await["issuer"], format!("{}/{tenant}/v2.0", suite.issuer));
    }
}

#[tokio::test]
async fn an_unknown_tenant_has_no_metadata() {
    let suite = start().await;
    for tenant in ["33333333-3333-3333-3333-333333333333", "{tenantid}", "consumers"] {
        let path = format!("/{tenant}/v2.0/.well-known/openid-configuration");
        let answer = suite.send(Method::GET, &path, &[], "").await;
        assert_eq!((answer.status.as_u16(), answer.error().as_str()), (400, "invalid_tenant"), "{tenant}");
    }
    assert_eq!(suite.send(Method::GET, "/.well-known/openid-configuration", &[], "").await.status, 404);
    let plain = crate::support::start().await;
    let path = "/common/v2.0/.well-known/openid-configuration";
    assert_eq!(plain.send(Method::GET, path, &[], "").await.status, 404);
}

#[tokio::test]
async fn id_tokens_carry_the_issuer_of_the_users_tenant() {
    let suite = start().await;
    for (user, tenant) in [("alice", ALICE_TENANT), ("bob", BOB_TENANT)] {
        let tokens = suite.tokens(&suite.visitor(), user).await;
        let id_token = suite.verified(text(&tokens["id_token"])).await.unwrap();
        assert_eq!(id_token["iss"], format!("{}/{tenant}/v2.0", suite.issuer));
        assert_eq!(id_token["tid"], tenant);
        assert_eq!(id_token["email"], format!("{user}@example.com"));
        assert!(id_token.get("email_verified").is_none());
        let userinfo = suite.userinfo(text(&tokens["access_token"])).await.json();
        assert!(userinfo.get("email").is_some() && userinfo.get("email_verified").is_none());
        let refreshed = suite.refresh(text(&tokens["refresh_token"])).await.json();
        assert_eq!(claims(text(&refreshed["id_token"]))["iss"], id_token["iss"]);
    }
}

#[tokio::test]
async fn authorization_responses_have_no_iss() {
    let suite = start().await;
    let alice = suite.visitor();
    let answer = alice.sign_in(&crate::support::ask(), "alice").await;
    assert!(answer.param("code").is_some());
    assert_eq!(answer.param("iss"), None);
    let refused = alice.get(&authorize(&ask_with("scope", "profile"))).await;
    assert!(refused.param("error").is_some());
    assert_eq!(refused.param("iss"), None);
}

#[tokio::test]
async fn a_hint_with_a_tenants_issuer_is_understood() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let hint = text(&tokens["id_token"]);
    let mut silent = ask_with("prompt", "none");
    silent.push(("id_token_hint", hint));
    assert!(alice.get(&authorize(&silent)).await.param("code").is_some());
    let answer = alice.get(&logout(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)])).await;
    assert_eq!(answer.location().as_str(), AFTER);
}

#[tokio::test]
async fn logout_tokens_carry_the_issuer_of_the_users_tenant() {
    let (uri, mut received) = crate::backchannel::relying_party(axum::http::StatusCode::OK).await;
    let suite = start_with(|config| {
        config.personality = Personality::Entra;
        config.clients[0].backchannel_logout_uri = Some(uri);
    })
    .await;
    let bob = suite.visitor();
    let tokens = suite.tokens(&bob, "bob").await;
    bob.get(&logout(&[("id_token_hint", text(&tokens["id_token"]))])).await;
    let body = received.recv().await.unwrap();
    let token = body.strip_prefix("logout_token=").unwrap();
    assert_eq!(claims(token)["iss"], format!("{}/{BOB_TENANT}/v2.0", suite.issuer));
    // A logout token is no `id_token_hint`.
    let page = bob.get(&authorize(&ask_with("id_token_hint", token))).await;
    assert_eq!(page.param("error").as_deref(), Some("login_required"));
}
