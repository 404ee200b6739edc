//! The login page's form and the provider's browser session.

use crate::support::{FORM, ask, ask_with, authorize, claims, form, start, text};
use reqwest::Method;
use std::time::Duration;

#[tokio::test]
async fn signing_in_changes_the_cookie_so_a_planted_cookie_is_not_signed_in() {
    let suite = start().await;
    let victim = suite.visitor();
    let page = victim.get(&authorize(&ask())).await;
    let planted = victim.cookie().unwrap();
    victim.post("/login", &[("transaction", &page.hidden("transaction")), ("user", "alice")]).await;
    assert_ne!(victim.cookie().unwrap(), planted);
    let attacker = suite.visitor();
    attacker.cookies.lock().unwrap().insert("provider.session".to_owned(), planted);
    let answer = attacker.get(&authorize(&ask_with("prompt", "none"))).await;
    assert_eq!(answer.param("error").as_deref(), Some("login_required"));
}

#[tokio::test]
async fn the_cookie_is_http_only_and_lax() {
    let suite = start().await;
    let page = suite.visitor().get(&authorize(&ask())).await;
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    for part in ["provider.session=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Secure") && !cookie.contains("Domain"));
}

#[tokio::test]
async fn two_tabs_can_sign_in_at_once() {
    let suite = start().await;
    let alice = suite.visitor();
    let first = alice.get(&authorize(&ask_with("state", "one"))).await;
    let second = alice.get(&authorize(&ask_with("state", "two"))).await;
    for (tab, state) in [(first, "one"), (second, "two")] {
        let answer =
            alice.post("/login", &[("transaction", &tab.hidden("transaction")), ("user", "alice")]).await;
        assert_eq!(answer.param("state").as_deref(), Some(state));
        assert!(answer.param("code").is_some());
    }
}

#[tokio::test]
async fn another_browsers_login_page_does_not_sign_in() {
    let suite = start().await;
    let page = suite.visitor().get(&authorize(&ask())).await;
    let victim = suite.visitor();
    victim.get(&authorize(&ask())).await;
    let answer =
        victim.post("/login", &[("transaction", &page.hidden("transaction")), ("user", "bob")]).await;
    let again = answer.headers["location"].to_str().unwrap();
    assert!(again.starts_with("/authorize?"));
    assert_eq!(victim.get(again).await.status, 200);
}

#[tokio::test]
async fn a_login_form_from_another_site_is_refused() {
    let suite = start().await;
    let alice = suite.visitor();
    let page = alice.get(&authorize(&ask())).await;
    let body = form(&[("transaction", &page.hidden("transaction")), ("user", "bob")]);
    for foreign in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let answer = alice.send(Method::POST, "/login", &[FORM, foreign], &body).await;
        assert_eq!((answer.status.as_u16(), answer.is_redirect()), (403, false), "{foreign:?}");
    }
}

#[tokio::test]
async fn a_login_page_that_is_too_old_or_unknown_is_refused() {
    let suite = start().await;
    let alice = suite.visitor();
    let page = alice.get(&authorize(&ask())).await;
    assert_eq!(alice.post("/login", &[("transaction", "guess"), ("user", "alice")]).await.status, 400);
    let transaction = page.hidden("transaction");
    assert_eq!(alice.post("/login", &[("transaction", &transaction), ("user", "eve")]).await.status, 400);
    suite.clock.advance(Duration::from_secs(601));
    assert_eq!(alice.post("/login", &[("transaction", &transaction), ("user", "alice")]).await.status, 400);
}

#[tokio::test]
async fn cancelling_tells_the_app() {
    let suite = start().await;
    let alice = suite.visitor();
    let page = alice.get(&authorize(&ask())).await;
    let answer =
        alice.post("/login", &[("transaction", &page.hidden("transaction")), ("cancel", "yes")]).await;
    assert_eq!(answer.param("error").as_deref(), Some("access_denied"));
}

#[tokio::test]
async fn another_user_in_the_same_browser_ends_the_first_users_session() {
    let suite = start().await;
    let browser = suite.visitor();
    let alice = suite.tokens(&browser, "alice").await;
    let code = browser.sign_in(&ask_with("prompt", "login"), "bob").await.param("code").unwrap();
    let bob = suite.redeem(&code).await.json();
    assert_ne!(claims(text(&alice["id_token"]))["sid"], claims(text(&bob["id_token"]))["sid"]);
    assert_eq!(suite.userinfo(text(&alice["access_token"])).await.status, 401);
    assert_eq!(suite.userinfo(text(&bob["access_token"])).await.json()["sub"], "demo|bob");
}
