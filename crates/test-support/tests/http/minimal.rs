//! The example of the crate's documentation in a browser: signing in and out through the app's pages.

use http::StatusCode;
use test_support::{App, AppOptions, Browser, Page, TestProvider, bind};
use url::Url;

#[path = "../../../auth/examples/minimal.rs"]
#[expect(dead_code, reason = "tests do not call `main`")]
mod example;

/// Posts the first form of `page`, with the form's hidden `callbackUrl` field.
async fn press(browser: &mut Browser, page: &Page) -> Page {
    let action = page.body.split("action=\"").nth(1).unwrap().split('"').next().unwrap();
    let back = page.field("callbackUrl").unwrap_or_default();
    let fields = [("callbackUrl", back.as_str())];
    let fields = if back.is_empty() { &fields[..0] } else { &fields[..] };
    browser.post(&page.url.join(action).unwrap(), fields).await
}

#[tokio::test]
async fn a_visitor_signs_in_and_out_through_the_pages_of_the_documented_app() {
    let socket = bind().await;
    let origin: Url = format!("http://localhost:{}", socket.1).parse().unwrap();
    let provider = TestProvider::start(&[&origin]).await;
    let clock = provider.clock.clone();
    let app = App::start(socket, &provider.issuer, clock, AppOptions::default(), example::app).await;
    let mut browser = Browser::new();

    let home = browser.get(&app.at("/")).await;
    assert!(home.status == StatusCode::OK && home.body.contains("/profile"), "{}", home.body);
    let denied = browser.get(&app.at("/profile")).await;
    let login = browser.follow(denied).await;
    assert!(
        login.url.path() == "/login" && login.body.contains("Sign in with Demo provider"),
        "{}",
        login.body
    );
    let policy = login.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self';"), "{policy}");

    let begun = press(&mut browser, &login).await;
    let asked = browser.follow(begun).await;
    let answer = provider.continue_as(&mut browser, &asked, "alice").await;
    let profile = browser.follow(answer).await;
    assert!(profile.url.path() == "/profile" && profile.body.contains("demo|alice"), "{}", profile.body);

    let link = browser.get(&app.at("/auth/signout")).await;
    let form = browser.follow(link).await;
    assert!(form.body.contains("Sign out of this app only"), "{}", form.body);
    let begun = press(&mut browser, &form).await;
    let ended = browser.follow(begun).await;
    assert_eq!((ended.status, ended.url.path()), (StatusCode::OK, "/signed-out"));
    assert!(ended.body.contains("You have been signed out"), "{}", ended.body);
    assert_eq!(browser.get(&app.at("/profile")).await.status, StatusCode::SEE_OTHER);
    let nothing_to_end = browser.get(&app.at("/ssr-logout")).await;
    assert!(nothing_to_end.body.contains("You are not signed in"), "{}", nothing_to_end.body);
}
