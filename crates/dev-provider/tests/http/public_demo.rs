//! A public demo: throwaway users for each visitor, rate limits, robots, and no faults.

use crate::support::{Answer, FORM, Suite, ask, ask_with, authorize, claims, form, start, start_with, text};
use reqwest::Method;
use serde_json::Value;
use std::time::Duration;

const NOTICE: &str = "This is a <public> demo.";

async fn public_demo() -> Suite {
    start_with(|config| {
        config.faults = false;
        config.public_demo = true;
        config.notice = Some(NOTICE.to_owned());
    })
    .await
}

fn id_token(tokens: &Value) -> Value {
    claims(text(&tokens["id_token"]))
}

/// Requests a page as a browser whose address a proxy on this machine reports.
async fn authorize_from(suite: &Suite, address: &str) -> Answer {
    suite.send(Method::GET, &authorize(&ask()), &[("x-forwarded-for", address)], "").await
}

#[tokio::test]
async fn each_browser_has_a_separate_alice_and_keeps_her() {
    let suite = public_demo().await;
    let (first, second) = (suite.visitor(), suite.visitor());
    let page = first.get(&authorize(&ask())).await;
    assert!(page.body.contains("Continue as Alice") && page.body.contains("Continue as Bob"));
    let alice = id_token(&suite.tokens(&first, "alice").await);
    let other = id_token(&suite.tokens(&second, "alice").await);
    assert_eq!((text(&alice["name"]), text(&other["name"])), ("Alice Adams", "Alice Adams"));
    assert_ne!(alice["sub"], other["sub"]);
    assert_ne!(alice["email"], other["email"]);
    let email = text(&alice["email"]);
    assert!(email.starts_with("alice@visitor-") && email.ends_with(".example"), "{email}");

    let again = first.sign_in(&ask_with("prompt", "login"), "alice").await.param("code").unwrap();
    assert_eq!(id_token(&suite.redeem(&again).await.json())["sub"], alice["sub"]);
    let bob = first.sign_in(&ask_with("prompt", "login"), "bob").await.param("code").unwrap();
    assert_ne!(id_token(&suite.redeem(&bob).await.json())["sub"], alice["sub"]);
}

#[tokio::test]
async fn userinfo_refresh_and_hint_are_about_the_visitors_user() {
    let suite = public_demo().await;
    let browser = suite.visitor();
    let tokens = suite.tokens(&browser, "bob").await;
    let bob = id_token(&tokens);
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.json()["sub"], bob["sub"]);
    let fresh = suite.refresh(text(&tokens["refresh_token"])).await.json();
    assert_eq!(id_token(&fresh)["sub"], bob["sub"]);
    let mut silent = ask_with("prompt", "none");
    silent.push(("id_token_hint", text(&tokens["id_token"])));
    assert!(browser.get(&authorize(&silent)).await.param("code").is_some());
}

#[tokio::test]
async fn the_visitors_cookie_lasts_a_day_and_does_not_name_the_user() {
    let suite = public_demo().await;
    let browser = suite.visitor();
    let page = browser.get(&authorize(&ask())).await;
    let cookies = page.headers.get_all("set-cookie").iter().map(|cookie| cookie.to_str().unwrap());
    let cookie = cookies.into_iter().find(|cookie| cookie.starts_with("provider.visitor=")).unwrap();
    for part in ["HttpOnly", "SameSite=Lax", "Path=/", "Max-Age=86400"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    let value = browser.cookies.lock().unwrap()["provider.visitor"].clone();
    let alice = id_token(&suite.tokens(&browser, "alice").await);
    let id = text(&alice["sub"]).rsplit('|').next().unwrap().to_owned();
    assert!(!value.contains(&id));

    // An app knows the id, and cannot become the visitor with it.
    let thief = suite.visitor();
    thief.cookies.lock().unwrap().insert("provider.visitor".to_owned(), id);
    assert_ne!(id_token(&suite.tokens(&thief, "alice").await)["sub"], alice["sub"]);
}

#[tokio::test]
async fn a_login_form_cannot_choose_a_user_who_is_not_offered() {
    let suite = public_demo().await;
    let browser = suite.visitor();
    for user in ["mallory", "demo|alice", "alice|0123456789abcdef0123", ""] {
        let answer = browser.sign_in(&ask(), user).await;
        assert_eq!(answer.status, 400, "{user}");
    }
}

#[tokio::test]
async fn every_page_has_the_notice_as_text() {
    let suite = public_demo().await;
    let browser = suite.visitor();
    let login = authorize(&ask());
    let refused = authorize(&ask_with("client_id", "unknown"));
    for path in [login.as_str(), refused.as_str(), "/logout", "/nowhere"] {
        let page = browser.get(path).await;
        assert!(
            page.body.contains(r#"aria-label="Notice">This is a &lt;public&gt; demo.<"#),
            "{path}: {}",
            page.body
        );
        assert!(page.headers["content-type"].to_str().unwrap().starts_with("text/html"), "{path}");
    }
    let wrong_host = suite.send(Method::GET, "/nowhere", &[("host", "evil.example")], "").await;
    assert_eq!(wrong_host.status, 421);
    assert!(wrong_host.body.contains("aria-label=\"Notice\""));
    let plain = start().await;
    assert!(!plain.visitor().get("/logout").await.body.contains("aria-label=\"Notice\""));
}

#[tokio::test]
async fn robots_are_kept_out() {
    let suite = public_demo().await;
    let login = authorize(&ask());
    for path in [login.as_str(), "/.well-known/openid-configuration", "/style.css", "/nowhere", "/robots.txt"]
    {
        let answer = suite.send(Method::GET, path, &[], "").await;
        assert_eq!(answer.headers["x-robots-tag"], "noindex, nofollow", "{path}");
    }
    let file = suite.send(Method::GET, "/robots.txt", &[], "").await;
    assert_eq!(file.body, "User-agent: *\nDisallow: /\n");
    let plain = start().await.send(Method::GET, "/robots.txt", &[], "").await;
    assert_eq!((plain.status.as_u16(), plain.headers.contains_key("x-robots-tag")), (404, false));
}

#[tokio::test]
async fn faults_cannot_be_switched_on() {
    let suite = public_demo().await;
    for (method, path) in
        [(Method::POST, "/test/faults"), (Method::DELETE, "/test/faults"), (Method::GET, "/test/counters")]
    {
        assert_eq!(suite.send(method, path, &[], "{\"faults\":[]}").await.status, 404, "{path}");
    }
}

#[tokio::test]
async fn an_address_with_too_many_requests_gets_a_page_that_says_when_to_try_again() {
    let suite = public_demo().await;
    for number in 0..100 {
        assert_eq!(authorize_from(&suite, "198.51.100.1").await.status, 200, "{number}");
    }
    let refused = authorize_from(&suite, "203.0.113.9, 198.51.100.1").await;
    assert_eq!(refused.status, 429);
    assert_eq!(refused.headers["retry-after"], "1");
    assert!(refused.body.contains("Please wait a moment") && refused.body.contains("aria-label=\"Notice\""));
    let posted = suite.send(Method::POST, "/login", &[FORM, ("x-forwarded-for", "198.51.100.1")], "").await;
    assert_eq!(posted.status, 429, "all pages count together");
    assert_eq!(authorize_from(&suite, "198.51.100.2").await.status, 200, "another address");
    suite.clock.advance(Duration::from_millis(500));
    assert_eq!(authorize_from(&suite, "198.51.100.1").await.status, 200);
}

#[tokio::test]
async fn only_token_requests_with_wrong_credentials_are_limited() {
    let suite = public_demo().await;
    let token = async |secret: &str| {
        let fields = [
            ("grant_type", "refresh_token"),
            ("refresh_token", "unknown"),
            ("client_id", "demo"),
            ("client_secret", secret),
        ];
        let headers = [FORM, ("x-forwarded-for", "198.51.100.1")];
        suite.send(Method::POST, "/token", &headers, &form(&fields)).await
    };
    for number in 0..150 {
        assert_eq!(token(crate::support::SECRET).await.status, 400, "{number}");
    }
    for number in 0..100 {
        assert_eq!(token("guess").await.status, 401, "{number}");
    }
    let refused = token("guess").await;
    assert_eq!((refused.status.as_u16(), refused.error().as_str()), (429, "too_many_requests"));
    assert_eq!(refused.headers["retry-after"], "1");
}

#[tokio::test]
async fn without_a_public_demo_there_are_no_limits() {
    let suite = start().await;
    for number in 0..150 {
        assert_eq!(authorize_from(&suite, "198.51.100.1").await.status, 200, "{number}");
    }
}
