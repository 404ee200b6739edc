//! Failures that a visitor switches on for one browser.

use crate::support::{
    AFTER, Answer, CALLBACK, FORM, Suite, Visitor, ask, ask_with, authorize, claims, form, logout, start,
    start_with, text,
};
use dev_provider::Config;
use reqwest::Method;
use std::time::{Duration, Instant};

const PAGE: &str = "/try-failures";
const FAILURES: [&str; 5] =
    ["slow_provider", "provider_fails", "refused_redirect_uri", "sign_in_cancelled", "session_lost"];
const TOUR: &str = "http://localhost:4201/tour?step=3";

fn allow(config: &mut Config) {
    config.faults = false;
    config.visitor_faults = true;
    config.app_origins = vec!["http://localhost:4201".parse().unwrap()];
}

async fn with_failures() -> Suite {
    start_with(allow).await
}

async fn choose(visitor: &Visitor<'_>, failure: &str) -> Answer {
    let answer = visitor.post(PAGE, &[("failure", failure)]).await;
    assert_eq!(answer.status, 303, "{failure}: {}", answer.body);
    assert_eq!(answer.headers["location"], PAGE);
    visitor.get(PAGE).await
}

fn with_back(back: &str) -> String {
    format!("{PAGE}?{}", form(&[("back", back)]))
}

async fn code(visitor: &Visitor<'_>) -> String {
    visitor.sign_in(&ask(), "alice").await.param("code").unwrap()
}

/// Signs in and redeems the code, as a browser without a failure can.
async fn assert_unaffected(suite: &Suite, visitor: &Visitor<'_>) {
    let tokens = suite.tokens(visitor, "alice").await;
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 200);
    assert!(!visitor.get("/logout").await.body.contains("A failure is switched on"));
    assert!(visitor.get(PAGE).await.body.contains("No failure is on for this browser."));
}

#[tokio::test]
async fn without_the_setting_the_page_does_not_exist() {
    let suite = start().await;
    let visitor = suite.visitor();
    assert_eq!(visitor.get(PAGE).await.status, 404);
    assert_eq!(visitor.post(PAGE, &[("failure", "sign_in_cancelled")]).await.status, 404);
    assert!(visitor.cookies.lock().unwrap().is_empty());
    assert_eq!(visitor.get(&authorize(&ask())).await.status, 200);
}

#[tokio::test]
async fn the_page_lists_the_failures_and_shows_which_one_is_on() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let page = visitor.get(PAGE).await;
    assert_eq!(page.status, 200);
    for failure in FAILURES {
        assert!(page.body.contains(&format!(r#"name="failure" value="{failure}""#)), "{failure}");
    }
    assert!(page.body.contains("No failure is on for this browser."));
    assert!(page.body.contains("ends 10 minutes after"));
    assert!(!page.headers.contains_key("set-cookie"));
    let page = choose(&visitor, "provider_fails").await;
    assert!(page.body.contains("On for this browser: <strong>Provider fails</strong>"), "{}", page.body);
    assert!(page.body.contains("Provider fails (on)"));
    let page = choose(&visitor, "slow_provider").await;
    assert!(page.body.contains("On for this browser: <strong>Slow provider</strong>"));
    assert!(!page.body.contains("Provider fails (on)"));
    let page = choose(&visitor, "off").await;
    assert!(page.body.contains("No failure is on for this browser."));
}

#[tokio::test]
async fn the_cookie_is_http_only_and_of_this_host() {
    let suite = with_failures().await;
    let answer = suite.visitor().post(PAGE, &[("failure", "provider_fails")]).await;
    let cookie = answer.headers["set-cookie"].to_str().unwrap();
    for part in ["provider.failure=", "HttpOnly", "SameSite=Lax", "Path=/"] {
        assert!(cookie.contains(part), "{part} in {cookie}");
    }
    assert!(!cookie.contains("Domain"));
}

#[tokio::test]
async fn a_form_from_another_site_switches_nothing_on() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let body = form(&[("failure", "sign_in_cancelled")]);
    for foreign in [("origin", "http://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")] {
        let answer = visitor.send(Method::POST, PAGE, &[FORM, foreign], &body).await;
        assert_eq!((answer.status.as_u16(), answer.is_redirect()), (403, false), "{foreign:?}");
    }
    assert_unaffected(&suite, &visitor).await;
}

#[tokio::test]
async fn an_unknown_failure_is_refused_and_changes_nothing() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    choose(&visitor, "provider_fails").await;
    for fields in [&[("failure", "status500")][..], &[("failure", "")], &[]] {
        assert_eq!(visitor.post(PAGE, fields).await.status, 400, "{fields:?}");
    }
    assert!(visitor.get(PAGE).await.body.contains("Provider fails (on)"));
}

#[tokio::test]
async fn no_failure_of_one_browser_affects_another_browser() {
    let suite = with_failures().await;
    for failure in FAILURES {
        let visitor = suite.visitor();
        choose(&visitor, failure).await;
        assert_unaffected(&suite, &suite.visitor()).await;
    }
}

#[tokio::test]
async fn a_slow_provider_delays_only_the_tokens_of_its_browser() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    choose(&visitor, "slow_provider").await;
    let slow = code(&visitor).await;
    let other = code(&suite.visitor()).await;
    let before = Instant::now();
    let delayed = async { (suite.redeem(&slow).await, Instant::now()) };
    let prompt = async { (suite.redeem(&other).await, Instant::now()) };
    let ((delayed, end), (prompt, first)) = tokio::join!(delayed, prompt);
    assert_eq!((delayed.status.as_u16(), prompt.status.as_u16()), (200, 200));
    assert!(first < end && end - before >= Duration::from_secs(3));
}

#[tokio::test]
async fn a_provider_that_fails_keeps_codes_and_refresh_tokens_valid() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let tokens = suite.tokens(&visitor, "alice").await;
    let refresh_token = text(&tokens["refresh_token"]);
    choose(&visitor, "provider_fails").await;
    let code = visitor.get(&authorize(&ask())).await.param("code").unwrap();
    for _ in 0..2 {
        assert_eq!(suite.redeem(&code).await.status, 503);
        assert_eq!(suite.refresh(refresh_token).await.status, 503);
    }
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.status, 200);
    choose(&visitor, "off").await;
    assert_eq!(suite.redeem(&code).await.status, 200);
    assert_eq!(suite.refresh(refresh_token).await.status, 200);
}

#[tokio::test]
async fn only_an_authenticated_client_meets_the_failure() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    choose(&visitor, "provider_fails").await;
    let code = code(&visitor).await;
    let fields = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("client_id", "demo"),
        ("client_secret", "guess"),
    ];
    assert_eq!(suite.post("/token", &fields).await.status, 401);
    let foreign = [
        ("grant_type", "authorization_code"),
        ("code", code.as_str()),
        ("client_id", "second"),
        ("client_secret", crate::support::SECRET),
    ];
    assert_eq!(suite.post("/token", &foreign).await.error(), "invalid_grant", "another client's code");
}

#[tokio::test]
async fn a_refused_redirect_uri_is_an_error_page() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    choose(&visitor, "refused_redirect_uri").await;
    for request in [ask(), ask_with("prompt", "none")] {
        let page = visitor.get(&authorize(&request)).await;
        assert_eq!((page.status.as_u16(), page.is_redirect()), (400, false));
        let sentence = "The redirect URI is wrong. You sent http://localhost:4200, and we expected";
        assert!(page.body.contains(sentence), "{}", page.body);
        assert!(page.body.contains(r#"<a href="/try-failures">Switch it off</a>"#), "{}", page.body);
    }
    choose(&visitor, "off").await;
    assert_eq!(visitor.get(&authorize(&ask())).await.status, 200);
}

#[tokio::test]
async fn a_cancelled_sign_in_goes_back_to_the_app() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    choose(&visitor, "sign_in_cancelled").await;
    let answer = visitor.get(&authorize(&ask())).await;
    assert!(answer.location().as_str().starts_with(CALLBACK));
    assert_eq!(answer.param("error").as_deref(), Some("access_denied"));
    assert_eq!(answer.param("state").as_deref(), Some("the state"));
    let silent = visitor.get(&authorize(&ask_with("prompt", "none"))).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    let unregistered = visitor.get(&authorize(&ask_with("redirect_uri", "http://evil.example"))).await;
    assert_eq!((unregistered.status.as_u16(), unregistered.is_redirect()), (400, false));
}

#[tokio::test]
async fn a_lost_session_refuses_the_next_refresh_of_every_app_and_then_the_failure_is_off() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let games = suite.tokens(&visitor, "alice").await;
    let code = visitor.get(&authorize(&ask())).await.param("code").unwrap();
    let store = suite.redeem(&code).await.json();
    choose(&visitor, "session_lost").await;
    assert!(visitor.get(&authorize(&ask())).await.param("code").is_some(), "until then nothing is lost");

    assert_eq!(suite.refresh(text(&games["refresh_token"])).await.error(), "invalid_grant");
    assert!(visitor.get(PAGE).await.body.contains("No failure is on for this browser."));
    assert_eq!(suite.refresh(text(&store["refresh_token"])).await.error(), "invalid_grant");
    assert_eq!(suite.userinfo(text(&games["access_token"])).await.status, 401);
    let silent = visitor.get(&authorize(&ask_with("prompt", "none"))).await;
    assert_eq!(silent.param("error").as_deref(), Some("login_required"));
    assert_unaffected(&suite, &visitor).await;
}

#[tokio::test]
async fn a_failure_applies_to_tokens_from_before_it_and_after_a_sign_out() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let tokens = suite.tokens(&visitor, "alice").await;
    choose(&visitor, "provider_fails").await;
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 503);
    let hint = [("id_token_hint", text(&tokens["id_token"])), ("post_logout_redirect_uri", AFTER)];
    assert!(visitor.get(&logout(&hint)).await.is_redirect());
    assert_eq!(suite.redeem(&code(&visitor).await).await.status, 503);
}

#[tokio::test]
async fn a_failure_ends_after_ten_minutes() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let tokens = suite.tokens(&visitor, "alice").await;
    choose(&visitor, "provider_fails").await;
    suite.clock.advance(Duration::from_secs(599));
    assert!(visitor.get(PAGE).await.body.contains("Provider fails (on)"));
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 503);
    suite.clock.advance(Duration::from_secs(1));
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 200);
    assert!(visitor.get(PAGE).await.body.contains("No failure is on for this browser."));
}

#[tokio::test]
async fn choosing_again_starts_the_ten_minutes_again() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    choose(&visitor, "provider_fails").await;
    suite.clock.advance(Duration::from_secs(599));
    choose(&visitor, "provider_fails").await;
    suite.clock.advance(Duration::from_secs(599));
    assert_eq!(suite.redeem(&code(&visitor).await).await.status, 503);
}

#[tokio::test]
async fn the_login_page_says_that_a_failure_is_on() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    visitor.post(PAGE, &[("failure", "slow_provider"), ("back", TOUR)]).await;
    let page = visitor.get(&authorize(&ask())).await;
    let line = "A failure is switched on for this browser: <strong>Slow provider</strong>. ";
    let link =
        r#"<a href="/try-failures?back=http%3A%2F%2Flocalhost%3A4201%2Ftour%3Fstep%3D3">Switch it off</a>"#;
    assert!(page.body.contains(line) && page.body.contains(link), "{}", page.body);
    assert!(page.body.contains("Continue as Alice"));
}

#[tokio::test]
async fn the_page_links_back_to_an_app_and_to_no_other_site() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let link = format!(r#"<a href="{TOUR}">Back to the tour</a>"#);
    assert!(visitor.get(&with_back(TOUR)).await.body.contains(&link));
    for foreign in [
        "http://evil.example/tour",
        "http://localhost:4201.evil.example/tour",
        "http://localhost:4202/tour",
        "https://localhost:4201/tour",
        "http://user@localhost:4201/tour",
        "//localhost:4201/tour",
        "/tour",
        "javascript:alert(1)",
        "blob:http://localhost:4201/tour",
        &format!("{TOUR}&{}", "a".repeat(512)),
        "",
    ] {
        let page = visitor.get(&with_back(foreign)).await;
        assert_eq!(page.status, 200, "{foreign}");
        assert!(!page.body.contains("Back to the tour"), "{foreign}: {}", page.body);
        let chosen = visitor.post(PAGE, &[("failure", "provider_fails"), ("back", foreign)]).await;
        assert_eq!(chosen.headers["location"], PAGE, "{foreign}");
        assert!(!visitor.get(PAGE).await.body.contains("Back to the tour"), "{foreign}");
    }
}

#[tokio::test]
async fn a_press_of_a_button_keeps_the_way_back() {
    let suite = with_failures().await;
    let visitor = suite.visitor();
    let back = visitor.get(&with_back(TOUR)).await.hidden("back");
    for failure in ["slow_provider", "off"] {
        let answer = visitor.post(PAGE, &[("failure", failure), ("back", &back)]).await;
        let shown = answer.headers["location"].to_str().unwrap();
        assert_eq!(shown, with_back(TOUR), "{failure}");
        assert!(visitor.get(shown).await.body.contains("Back to the tour"), "{failure}");
    }
}

#[tokio::test]
async fn a_public_demo_may_have_failures_and_limits_their_page() {
    let suite = start_with(|config| {
        allow(config);
        config.public_demo = true;
    })
    .await;
    let visitor = suite.visitor();
    choose(&visitor, "provider_fails").await;
    assert_eq!(suite.redeem(&code(&visitor).await).await.status, 503);
    let other = suite.tokens(&suite.visitor(), "alice").await;
    assert!(text(&claims(text(&other["id_token"]))["sub"]).starts_with("demo|alice"));
    let from = [("x-forwarded-for", "198.51.100.1")];
    for number in 0..100 {
        assert_eq!(suite.send(Method::GET, PAGE, &from, "").await.status, 200, "{number}");
    }
    assert_eq!(suite.send(Method::GET, PAGE, &from, "").await.status, 429);
}
