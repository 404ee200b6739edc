//! `/userinfo` over HTTP, with the access token of a handoff.

use super::*;
use chrono::TimeDelta;

impl World {
    async fn access_token(&mut self) -> String {
        let minted = self.minted().await;
        let answer = self.verify(&minted, "partner", APP_SECRET).await;
        answer.json()["access_token"].as_str().unwrap().to_owned()
    }

    async fn userinfo(&self, authorization: &str) -> Page {
        let headers = [("authorization", authorization)];
        Browser::new().send(Method::GET, &self.identity.at("/userinfo"), &headers, "").await
    }
}

fn challenge(page: &Page) -> &str {
    assert_eq!(page.status, StatusCode::UNAUTHORIZED, "{}", page.body);
    page.headers["www-authenticate"].to_str().unwrap()
}

#[tokio::test]
async fn an_access_token_can_be_used_again_for_five_minutes() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let token = world.access_token().await;
    for authorization in [format!("Bearer {token}"), format!("bearer {token}")] {
        let told = world.userinfo(&authorization).await;
        assert_eq!(told.status, StatusCode::OK);
        assert_eq!(told.json()["sub"], "demo|alice");
        assert_eq!(told.json()["name"], "Alice Adams");
        assert_eq!(told.json()["iss"], world.provider.issuer.as_str().trim_end_matches('/'));
        assert_eq!(told.headers["cache-control"], "no-store");
    }
    world.identity.clock.advance(TimeDelta::seconds(299));
    assert_eq!(world.userinfo(&format!("Bearer {token}")).await.status, StatusCode::OK);
    world.identity.clock.advance(TimeDelta::seconds(1));
    assert!(challenge(&world.userinfo(&format!("Bearer {token}")).await).contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn an_access_token_ends_with_its_session() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let authorization = format!("Bearer {}", world.access_token().await);
    assert_eq!(world.userinfo(&authorization).await.status, StatusCode::OK);
    world.browser.post(&world.identity.at("/auth/signout"), &[("scope", "local")]).await;
    assert!(challenge(&world.userinfo(&authorization).await).contains("error=\"invalid_token\""));
}

#[tokio::test]
async fn userinfo_takes_only_access_tokens_and_they_open_nothing_else() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let minted = params(&world.minted().await);
    let access_token = world.access_token().await;
    let handoff_token = &minted["handoff_token"];
    let cookie = world.browser.cookie(&world.identity.url, "app.session").unwrap();
    for token in [handoff_token.as_str(), &cookie, "x", &access_token[1..], "ä"] {
        let refused = world.userinfo(&format!("Bearer {token}")).await;
        assert!(challenge(&refused).contains("Bearer realm=\"identity\""), "{token}");
    }
    let body = serde_json::json!({
        "handoff_token": access_token, "state": minted["state"], "client_id": "partner",
    });
    let refused = world.verify_json(&body, "partner", APP_SECRET).await;
    assert_eq!(
        (refused.status, &refused.json()["error"]),
        (StatusCode::BAD_REQUEST, &"invalid_token".into())
    );
    let session = Browser::new();
    for path in ["/auth/session", "/api/get-session-status?peek=1"] {
        let headers = [("authorization", format!("Bearer {access_token}"))];
        let headers = headers.each_ref().map(|(name, value)| (*name, value.as_str()));
        let answer = session.clone().send(Method::GET, &world.identity.at(path), &headers, "").await;
        assert!(answer.body == "null" || answer.body == SIGNED_OUT, "{path}: {}", answer.body);
    }
    assert_eq!(world.userinfo(&format!("Bearer {access_token}")).await.status, StatusCode::OK);
}

#[tokio::test]
async fn without_a_token_the_challenge_names_no_error() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let token = world.access_token().await;
    for authorization in ["", "Bearer", "Bearer ", "Basic YTpi", &token] {
        assert_eq!(
            challenge(&world.userinfo(authorization).await),
            "Bearer realm=\"identity\"",
            "{authorization}"
        );
    }
    // A token in the query or in a form is refused, and so is a session cookie.
    let url = world.identity.at(&format!("/userinfo?access_token={token}"));
    assert_eq!(world.browser.get(&url).await.status, StatusCode::UNAUTHORIZED);
    let posted = Browser::new().post(&world.identity.at("/userinfo"), &[("access_token", &token)]).await;
    assert_eq!(posted.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn without_the_store_no_token_is_called_invalid() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let authorization = format!("Bearer {}", world.access_token().await);
    world.identity.lose_store().await;
    let refused = world.userinfo(&authorization).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers.contains_key("retry-after"));
}
