//! The page that answers a sign-in or sign-out form, and the address it goes on to.

use crate::support::world;
use http::{Method, StatusCode};
use test_support::{Browser, Page};
use url::Url;

/// Checks the page that goes on; returns the address it goes on to.
fn goes_on(page: &Page) -> Url {
    assert_eq!(page.status, StatusCode::OK);
    assert!(!page.headers.contains_key("location"));
    assert_eq!(page.headers["cache-control"], "no-store");
    assert_eq!(page.headers["referrer-policy"], "no-referrer");
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    for part in ["default-src 'none'", "frame-ancestors 'none'", "form-action 'none'", "base-uri 'none'"] {
        assert!(policy.contains(part), "{policy}");
    }
    let next = page.location().unwrap();
    assert_eq!((next.origin(), next.path()), (page.url.origin(), "/auth/continue"));
    assert!(page.body.contains(r#"<a href="/auth/continue?state="#), "a link for browsers that do not go on");
    assert!(!page.body.contains("<script") && !page.body.contains("eyJ"), "{}", page.body);
    next
}

#[tokio::test]
async fn a_sign_in_form_answers_with_a_page_that_goes_on_once() {
    let mut world = world().await;
    let form = world.app.at("/auth/signin/demo");
    let fields = [("callbackUrl", "/protected"), ("login_hint", "alice")];
    let page = world.browser.submit(&form, &fields).await;
    let next = goes_on(&page);

    // Another browser, a HEAD and a prefetch do not use the address up.
    let foreign = Browser::new().get(&next).await;
    assert_eq!(foreign.path(), "/login?error=invalid_state&callbackUrl=%2Fprotected");
    assert_eq!(world.browser.send(Method::HEAD, &next, &[], "").await.status, StatusCode::METHOD_NOT_ALLOWED);
    let prefetch = world.browser.send(Method::GET, &next, &[("sec-purpose", "prefetch")], "").await;
    assert_eq!(prefetch.status, StatusCode::SERVICE_UNAVAILABLE);

    let gone = world.browser.get(&next).await;
    assert_eq!(gone.status, StatusCode::SEE_OTHER);
    assert_eq!(gone.headers["referrer-policy"], "no-referrer");
    let at = gone.location().unwrap();
    assert_eq!(at.origin(), world.provider.issuer.origin());
    assert!(at.query_pairs().any(|(name, value)| name == "login_hint" && value == "alice"));

    let again = world.browser.get(&next).await;
    assert_eq!(again.path(), "/login?error=invalid_state&callbackUrl=%2Fprotected");
    let login = world.browser.follow(gone).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "alice").await;
    assert_eq!(world.browser.follow(answer).await.body, "protected page");
    let back = world.browser.get(&next).await;
    assert_eq!(back.path(), "/protected", "Back, when signed in, leads to the page");
}

#[tokio::test]
async fn a_sign_out_form_goes_on_with_the_hint_and_only_once() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let page = world.browser.submit(&world.app.at("/auth/signout"), &[("callbackUrl", "/public")]).await;
    let next = goes_on(&page);
    assert_eq!(world.status().await, 401, "the session has ended before the visitor leaves");
    assert_eq!(Browser::new().get(&next).await.path(), "/login?error=invalid_state", "another browser");
    let gone = world.browser.get(&next).await.location().unwrap();
    assert_eq!(gone.origin(), world.provider.issuer.origin());
    assert!(gone.query_pairs().any(|(name, value)| name == "id_token_hint" && value.starts_with("eyJ")));
    // The browser may have dropped the first answer. The token is not given out again.
    let again = world.browser.get(&next).await.location().unwrap();
    assert_eq!(again.origin(), world.provider.issuer.origin());
    assert!(again.query_pairs().any(|(name, value)| name == "logout_hint" && value == "demo|alice"));
    assert!(!again.as_str().contains("id_token_hint"));
    let files = world.app.store_files();
    assert!(!files.windows(3).any(|window| window == b"eyJ"), "the kept hint is sealed");
}

#[tokio::test]
async fn a_late_or_made_up_address_is_no_dead_end() {
    let mut world = world().await;
    let page =
        world.browser.submit(&world.app.at("/auth/signin/demo"), &[("callbackUrl", "/protected")]).await;
    let next = goes_on(&page);
    world.app.clock.advance(chrono::TimeDelta::minutes(11));
    let late = world.browser.get(&next).await;
    assert_eq!(late.path(), "/login?error=invalid_state&callbackUrl=%2Fprotected");
    for query in ["", "?state=", "?state=made-up", "?state=a&state=b", "?state=%2Fprotected"] {
        let refused = world.get(&format!("/auth/continue{query}")).await;
        assert_eq!(refused.path(), "/login?error=invalid_state", "{query}");
    }
    let posted = world.post("/auth/continue", &[]).await;
    assert_eq!(posted.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test]
async fn without_cookies_the_visitor_is_told_before_leaving() {
    let mut world = world().await;
    let page =
        world.browser.submit(&world.app.at("/auth/signin/demo"), &[("callbackUrl", "/protected")]).await;
    let next = goes_on(&page);
    world.browser = Browser::new();
    assert_eq!(world.browser.get(&next).await.path(), "/login?error=invalid_state&callbackUrl=%2Fprotected");
    assert!(world.provider.provider.last_authorization().is_none(), "the provider was not asked");
}
