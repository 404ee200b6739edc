//! `/logout` (RP-Initiated Logout 1.0).

use crate::support::{AFTER, FORM, ask, ask_with, authorize, form, logout, start, start_with, text};
use reqwest::Method;
use std::time::Duration;

async fn is_signed_in(visitor: &crate::support::Visitor<'_>) -> bool {
    visitor.get(&authorize(&ask_with("prompt", "none"))).await.param("code").is_some()
}

#[tokio::test]
async fn a_valid_hint_signs_out_and_returns_with_the_state_encoded() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let state = "a&b=c\r\nSet-Cookie: x=y #ü";
    let hint = text(&tokens["id_token"]);
    let answer = alice
        .get(&logout(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER), ("state", state)]))
        .await;
    assert_eq!(answer.status, 303);
    assert!(answer.location().as_str().starts_with(AFTER));
    assert_eq!(answer.param("state").as_deref(), Some(state));
    assert!(!answer.headers["location"].to_str().unwrap().contains("&b=c"));
    assert!(!is_signed_in(&alice).await);
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.status, 401);
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.error(), "invalid_grant");
}

#[tokio::test]
async fn an_expired_hint_with_a_retired_key_still_signs_out() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    suite.clock.advance(Duration::from_secs(3600));
    suite.provider.rotate_keys().await.unwrap();
    let hint = text(&tokens["id_token"]);
    let answer = alice.get(&logout(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)])).await;
    assert_eq!(answer.location().as_str(), AFTER);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_relying_partys_cross_site_form_signs_out_without_the_cookie() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let fields = [("id_token_hint", text(&tokens["id_token"])), ("post_logout_redirect_uri", AFTER)];
    let headers = [FORM, ("origin", "http://localhost:4200"), ("sec-fetch-site", "cross-site")];
    let answer = suite.send(Method::POST, "/logout", &headers, &form(&fields)).await;
    assert_eq!(answer.location().as_str(), AFTER);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn without_a_valid_hint_the_user_must_confirm() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let good = text(&tokens["id_token"]);
    let (input, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", "A".repeat(342));
    let none = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
    for hint in ["", "garbage", &forged, &none] {
        let request = [("id_token_hint", hint), ("client_id", "demo"), ("post_logout_redirect_uri", AFTER)];
        let page = alice.get(&logout(&request)).await;
        assert_eq!((page.status.as_u16(), page.is_redirect()), (200, false), "{hint}");
        assert!(page.body.contains("Sign out?") && page.body.contains("Alice Adams"));
    }
    assert!(is_signed_in(&alice).await);
    let page = alice.get(&logout(&[("client_id", "demo"), ("post_logout_redirect_uri", AFTER)])).await;
    let answer = alice.post("/logout", &[("confirm", &page.hidden("confirm"))]).await;
    assert_eq!(answer.location().as_str(), AFTER);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_confirmation_from_another_site_or_browser_is_refused() {
    let suite = start().await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    let confirm = alice.get("/logout").await.hidden("confirm");
    let body = form(&[("confirm", &confirm)]);
    let answer = alice.send(Method::POST, "/logout", &[FORM, ("origin", "http://evil.example")], &body).await;
    assert_eq!(answer.status, 403);
    let bob = suite.visitor();
    suite.tokens(&bob, "bob").await;
    assert_eq!(bob.post("/logout", &[("confirm", &confirm)]).await.status, 400);
    assert_eq!(alice.post("/logout", &[("confirm", "guess")]).await.status, 400);
    assert!(is_signed_in(&alice).await && is_signed_in(&bob).await);
    assert_eq!(alice.post("/logout", &[("confirm", &confirm)]).await.status, 200);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn an_unregistered_address_gets_an_error_page_and_no_redirect() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let hint = text(&tokens["id_token"]);
    let extended = format!("{AFTER}/x");
    let with_query = format!("{AFTER}?x=1");
    for address in ["http://evil.example/", &extended, &with_query, "//evil.example", "javascript:alert(1)"] {
        let page =
            alice.get(&logout(&[("id_token_hint", hint), ("post_logout_redirect_uri", address)])).await;
        assert_eq!((page.status.as_u16(), page.is_redirect()), (400, false), "{address}");
        assert!(page.body.contains("not registered"));
    }
    // Without client_id and hint, the address belongs to no known client.
    assert_eq!(alice.get(&logout(&[("post_logout_redirect_uri", AFTER)])).await.status, 400);
    assert!(is_signed_in(&alice).await);
    let page = alice.get(&logout(&[("post_logout_redirect_uri", "http://evil.example/")])).await;
    let answer = alice.post("/logout", &[("confirm", &page.hidden("confirm"))]).await;
    assert_eq!((answer.status.as_u16(), answer.is_redirect()), (200, false));
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_hint_of_another_session_or_client_does_not_sign_out() {
    let suite = start().await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    let bobs = suite.tokens(&suite.visitor(), "bob").await;
    let hint = text(&bobs["id_token"]);
    assert!(alice.get(&logout(&[("id_token_hint", hint)])).await.body.contains("Sign out?"));
    let mismatch = alice.get(&logout(&[("id_token_hint", hint), ("client_id", "second")])).await;
    assert_eq!(mismatch.status, 400);
    let twice = format!("{}&state=1&state=2", logout(&[("id_token_hint", hint)]));
    assert_eq!(alice.get(&twice).await.status, 400);
    assert!(is_signed_in(&alice).await);
    assert_eq!(suite.userinfo(text(&bobs["access_token"])).await.status, 200);
}

#[tokio::test]
async fn without_a_session_the_page_has_a_link_and_does_not_redirect() {
    let suite = start().await;
    let page = suite
        .visitor()
        .get(&logout(&[("client_id", "demo"), ("post_logout_redirect_uri", AFTER), ("state", "s")]))
        .await;
    assert_eq!((page.status.as_u16(), page.is_redirect()), (200, false));
    assert!(page.body.contains(&format!("{AFTER}?state=s")));
}

#[tokio::test]
async fn a_code_of_an_ended_session_gives_no_tokens() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let code = alice.get(&authorize(&ask())).await.param("code").unwrap();
    alice.get(&logout(&[("id_token_hint", text(&tokens["id_token"]))])).await;
    assert_eq!(suite.redeem(&code).await.error(), "invalid_grant");
}

#[tokio::test]
async fn offline_access_can_be_configured_to_outlive_a_sign_out() {
    let suite = start_with(|config| config.offline_access_outlives_logout = true).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice.get(&logout(&[("id_token_hint", text(&tokens["id_token"]))])).await;
    assert!(!is_signed_in(&alice).await);
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 200);
}

#[tokio::test]
async fn a_session_at_the_provider_expires() {
    let suite = start_with(|config| config.session_ttl = Duration::from_secs(3600)).await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    suite.clock.advance(Duration::from_secs(3600));
    assert!(!is_signed_in(&alice).await);
}
