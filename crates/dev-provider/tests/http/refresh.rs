//! Refresh token rotation (RFC 9700 §4.14).

use crate::support::{SECRET, ask, claims, start, start_with, text};
use dev_provider::Fault;
use std::time::Duration;

#[tokio::test]
async fn a_refresh_rotates_the_token_and_keeps_the_session() {
    let suite = start().await;
    let first = suite.tokens(&suite.visitor(), "alice").await;
    suite.clock.advance(Duration::from_secs(290));
    let second = suite.refresh(text(&first["refresh_token"])).await.json();
    assert_ne!(first["refresh_token"], second["refresh_token"]);
    let before = claims(text(&first["id_token"]));
    let after = suite.verified(text(&second["id_token"])).await.unwrap();
    for claim in ["sub", "sid", "auth_time", "aud", "iss"] {
        assert_eq!(before[claim], after[claim], "{claim}");
    }
    assert!(after.get("nonce").is_none());
    assert_eq!(suite.userinfo(text(&second["access_token"])).await.status, 200);
}

#[tokio::test]
async fn a_lost_response_is_repeated_within_the_grace_period() {
    let suite = start().await;
    let first = suite.tokens(&suite.visitor(), "alice").await;
    let lost = suite.refresh(text(&first["refresh_token"])).await.json();
    suite.clock.advance(Duration::from_secs(9));
    let again = suite.refresh(text(&first["refresh_token"])).await.json();
    assert_eq!(lost["refresh_token"], again["refresh_token"]);
    assert_eq!(lost["access_token"], again["access_token"]);
    assert_eq!(again["expires_in"], 291);
    assert_eq!(suite.refresh(text(&again["refresh_token"])).await.status, 200);
}

#[tokio::test]
async fn reuse_after_the_grace_period_revokes_the_family() {
    let suite = start().await;
    let first = suite.tokens(&suite.visitor(), "alice").await;
    let second = suite.refresh(text(&first["refresh_token"])).await.json();
    suite.clock.advance(Duration::from_secs(10));
    assert_eq!(suite.refresh(text(&first["refresh_token"])).await.error(), "invalid_grant");
    assert_eq!(suite.refresh(text(&second["refresh_token"])).await.error(), "invalid_grant");
    assert_eq!(suite.userinfo(text(&second["access_token"])).await.status, 401);
}

#[tokio::test]
async fn reuse_after_use_of_the_successor_revokes_the_family_within_the_grace() {
    let suite = start().await;
    let first = suite.tokens(&suite.visitor(), "alice").await;
    let second = suite.refresh(text(&first["refresh_token"])).await.json();
    let third = suite.refresh(text(&second["refresh_token"])).await.json();
    assert_eq!(suite.refresh(text(&first["refresh_token"])).await.error(), "invalid_grant");
    assert_eq!(suite.refresh(text(&third["refresh_token"])).await.error(), "invalid_grant");
}

#[tokio::test]
async fn twenty_refreshes_at_once_get_one_successor() {
    let suite = start().await;
    let first = suite.tokens(&suite.visitor(), "alice").await;
    let (answers, _) = tokio::join!(
        async {
            let mut successors = std::collections::BTreeSet::new();
            for _ in 0..10 {
                successors.insert(
                    suite.refresh(text(&first["refresh_token"])).await.json()["refresh_token"].to_string(),
                );
            }
            successors
        },
        async {
            for _ in 0..10 {
                suite.refresh(text(&first["refresh_token"])).await;
            }
        }
    );
    assert_eq!(answers.len(), 1);
    assert_eq!(suite.provider.counters().refresh_token, 20);
}

#[tokio::test]
async fn a_refresh_token_is_bound_to_its_client_and_its_time() {
    let suite = start().await;
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    let refresh = text(&tokens["refresh_token"]);
    let foreign = [
        ("grant_type", "refresh_token"),
        ("refresh_token", refresh),
        ("client_id", "second"),
        ("client_secret", SECRET),
    ];
    assert_eq!(suite.post("/token", &foreign).await.error(), "invalid_grant");
    assert_eq!(suite.refresh("unknown").await.error(), "invalid_grant");
    suite.clock.advance(Duration::from_secs(30 * 24 * 3600));
    assert_eq!(suite.refresh(refresh).await.error(), "invalid_grant");
}

#[tokio::test]
async fn a_refresh_may_narrow_the_scope_but_not_widen_it() {
    let suite = start().await;
    let code = suite
        .visitor()
        .sign_in(&crate::support::ask_with("scope", "openid email offline_access"), "alice")
        .await;
    let tokens = suite.redeem(&code.param("code").unwrap()).await.json();
    let with = async |scope: &str| {
        let refresh = text(&tokens["refresh_token"]);
        let fields = [("grant_type", "refresh_token"), ("refresh_token", refresh), ("scope", scope)];
        suite.as_client("/token", &fields).await
    };
    assert_eq!(with("openid profile").await.error(), "invalid_scope");
    let narrow = with("openid").await.json();
    let userinfo = suite.userinfo(text(&narrow["access_token"])).await.json();
    assert!(userinfo.get("email").is_none());
}

#[tokio::test]
async fn a_refused_refresh_leaves_the_token_valid() {
    let suite = start().await;
    let tokens = suite.tokens(&suite.visitor(), "alice").await;
    suite.provider.faults().add_times(Fault::RefuseRefresh, 1);
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.error(), "invalid_grant");
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 200);
}

#[tokio::test]
async fn lifetimes_come_from_the_configuration() {
    let suite = start_with(|config| {
        config.access_token_ttl = Duration::from_secs(7);
        config.refresh_grace = Duration::ZERO;
    })
    .await;
    let code = suite.visitor().sign_in(&ask(), "alice").await.param("code").unwrap();
    let first = suite.redeem(&code).await.json();
    assert_eq!(first["expires_in"], 7);
    suite.refresh(text(&first["refresh_token"])).await;
    assert_eq!(suite.refresh(text(&first["refresh_token"])).await.error(), "invalid_grant");
}
