//! `checkSession`: a hidden frame asks the provider and reports to the page around it.

use crate::support::{World, world, world_with};
use chrono::TimeDelta;
use dev_provider::{Endpoint, Fault};
use http::{Method, StatusCode};
use test_support::{Browser, Page};
use url::Url;

const CHECK: &str = "/auth/check-session";

/// The request headers of a frame in a page of this origin.
const OWN: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", "same-origin")];

/// The request headers after the first redirect: within one site, or ([`CROSS_SITE`]) across sites.
const SAME_SITE: [(&str, &str); 3] = [OWN[0], OWN[1], ("sec-fetch-site", "same-site")];
const CROSS_SITE: [(&str, &str); 3] = [OWN[0], OWN[1], ("sec-fetch-site", "cross-site")];

async fn load(browser: &mut Browser, url: &Url, headers: &[(&str, &str)]) -> Page {
    browser.send(Method::GET, url, headers, "").await
}

/// Returns the result that the final page reports to the page around the frame.
fn reported_result(page: &Page) -> Option<&str> {
    let (_, rest) = page.body.split_once("data-result=\"")?;
    rest.split('"').next()
}

impl World {
    /// Loads the frame and follows its redirects; returns the final page. `on_the_way` are the headers of all
    /// requests after the first.
    async fn frame(&mut self, on_the_way: &[(&str, &str)]) -> Page {
        let mut page = load(&mut self.browser, &self.app.at(CHECK), &OWN).await;
        while let Some(next) = page.location() {
            page = load(&mut self.browser, &next, on_the_way).await;
        }
        page
    }
}

/// A world whose app session has expired while the provider's session continues.
async fn with_expired_app_session() -> World {
    let mut world = world_with(vec![("AUTH_SESSION_MAX_AGE", "600".into())]).await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(600));
    assert_eq!(world.status().await, 401);
    world
}

#[tokio::test]
async fn a_user_known_to_the_provider_is_signed_in_without_leaving_the_page() {
    let mut world = with_expired_app_session().await;
    let end = world.frame(&SAME_SITE).await;
    assert_eq!((end.status, reported_result(&end)), (StatusCode::OK, Some("signed_in")));
    assert_eq!(world.get("/auth/session").await.json()["user"]["name"], "Alice Adams");
    let policy = end.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'self'") && policy.contains("script-src 'self'"), "{policy}");
    assert_eq!(
        reported_result(&world.frame(&SAME_SITE).await),
        Some("signed_in"),
        "the provider is not asked"
    );
}

#[tokio::test]
async fn a_visitor_unknown_to_the_provider_may_ask_again() {
    let mut world = world().await;
    for _ in 0..2 {
        let end = world.frame(&SAME_SITE).await;
        assert_eq!(reported_result(&end), Some("login_required"));
    }
    let silent = world.browser.navigate(&world.app.at("/protected")).await;
    assert_eq!(silent.path(), "/auth/silent?callbackUrl=%2Fprotected", "the guard's attempt is still unused");
}

#[tokio::test]
async fn a_cross_site_answer_is_reported_as_unavailable() {
    let mut world = world().await;
    let end = world.frame(&CROSS_SITE).await;
    assert_eq!(reported_result(&end), Some("unavailable"));
}

#[tokio::test]
async fn a_failing_provider_is_reported_as_unavailable() {
    let mut world = with_expired_app_session().await;
    world.provider.faults().add(Fault::Status500(Endpoint::Token));
    assert_eq!(reported_result(&world.frame(&SAME_SITE).await), Some("unavailable"));
    world.provider.faults().clear();
    assert_eq!(reported_result(&world.frame(&SAME_SITE).await), Some("signed_in"));
}

#[tokio::test]
async fn a_session_that_began_in_the_meantime_is_kept() {
    let mut world = with_expired_app_session().await;
    let begun = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
    let answer = load(&mut world.browser, &begun.location().unwrap(), &SAME_SITE).await;
    world.sign_in_again().await;
    let session = world.browser.cookie(&world.app.url, "app.session");
    let end = load(&mut world.browser, &answer.location().unwrap(), &SAME_SITE).await;
    assert_eq!(reported_result(&end), Some("signed_in"));
    assert_eq!(world.browser.cookie(&world.app.url, "app.session"), session);
}

#[tokio::test]
async fn a_late_frame_does_not_undo_a_sign_out() {
    let mut world = with_expired_app_session().await;
    let begun = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
    let answer = load(&mut world.browser, &begun.location().unwrap(), &SAME_SITE).await;
    world.sign_in_again().await;
    world.post("/auth/signout", &[("scope", "local")]).await;
    let end = load(&mut world.browser, &answer.location().unwrap(), &SAME_SITE).await;
    assert_eq!(reported_result(&end), Some("login_required"));
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn a_signed_out_or_revoked_session_is_not_resumed() {
    for by_sign_out in [true, false] {
        let mut world = world().await;
        world.sign_in("/", "alice").await;
        if by_sign_out {
            world.post("/auth/signout", &[("scope", "local")]).await;
        } else {
            assert_eq!(world.log_out_alice().await, 1);
        }
        let end = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
        assert_eq!(reported_result(&end), Some("login_required"), "{by_sign_out}: the provider is not asked");
        let page = world.browser.navigate(&world.app.at("/")).await;
        assert_eq!(page.status, StatusCode::OK);
        let end = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
        assert_eq!(
            reported_result(&end),
            Some("login_required"),
            "{by_sign_out}: nor after a page showed the reason"
        );
        // Replaces the cookie, as a late answer of `/auth/silent` would.
        world.browser.plant(&world.app.url, "app.silent", "tried");
        let end = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
        assert_eq!(reported_result(&end), Some("login_required"), "{by_sign_out}: nor after a late answer");
        world.app.clock.advance(TimeDelta::seconds(2));
        world.sign_in_again().await;
        assert_eq!(reported_result(&world.frame(&SAME_SITE).await), Some("signed_in"));
    }
}

#[tokio::test]
async fn only_a_frame_of_this_origin_may_ask() {
    let mut world = with_expired_app_session().await;
    let url = world.app.at(CHECK);
    for headers in [
        &[][..],
        &[OWN[1]],
        &[OWN[2]],
        &SAME_SITE,
        &CROSS_SITE,
        &[("sec-fetch-dest", "document"), OWN[2]],
        &[("sec-fetch-dest", "iframe"), ("sec-fetch-site", "none")],
    ] {
        let refused = load(&mut world.browser, &url, headers).await;
        assert_eq!((refused.status, refused.set_cookies().len()), (StatusCode::FORBIDDEN, 0), "{headers:?}");
        assert!(refused.body.contains("not_a_frame"), "{headers:?}");
    }
    let head = world.browser.send(Method::HEAD, &url, &OWN, "").await;
    assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED);
    let prefetch = [OWN[1], OWN[2], ("sec-purpose", "prefetch")];
    assert_eq!(load(&mut world.browser, &url, &prefetch).await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn without_a_store_the_result_is_unavailable_and_the_cookie_is_kept() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.app.lose_store().await;
    assert_eq!(reported_result(&world.frame(&SAME_SITE).await), Some("unavailable"));
    assert!(world.browser.cookie(&world.app.url, "app.session").is_some());
}
