//! `checkSession`: a hidden frame asks the provider, and its page is told.

use crate::support::{World, world, world_with};
use chrono::TimeDelta;
use dev_provider::{Endpoint, Fault};
use http::{Method, StatusCode};
use test_support::{Browser, Page};
use url::Url;

const CHECK: &str = "/auth/check-session";

/// What a browser says of a frame that a page of this origin holds.
const OWN: [(&str, &str); 3] =
    [("accept", "text/html"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", "same-origin")];

/// What it says further on, when all of it is one site, or when it is not.
const SAME_SITE: [(&str, &str); 3] = [OWN[0], OWN[1], ("sec-fetch-site", "same-site")];
const CROSS_SITE: [(&str, &str); 3] = [OWN[0], OWN[1], ("sec-fetch-site", "cross-site")];

async fn load(browser: &mut Browser, url: &Url, headers: &[(&str, &str)]) -> Page {
    browser.send(Method::GET, url, headers, "").await
}

/// What the page at the end tells the one around it.
fn told(page: &Page) -> Option<&str> {
    let (_, rest) = page.body.split_once("data-result=\"")?;
    rest.split('"').next()
}

impl World {
    /// The frame, from the page's own request to where it ends, `on_the_way` after the first.
    async fn frame(&mut self, on_the_way: &[(&str, &str)]) -> Page {
        let mut page = load(&mut self.browser, &self.app.at(CHECK), &OWN).await;
        while let Some(next) = page.location() {
            page = load(&mut self.browser, &next, on_the_way).await;
        }
        page
    }
}

/// Signed in at the provider, and no longer here: the time of the session was up.
async fn known_at_the_provider() -> World {
    let mut world = world_with(vec![("AUTH_SESSION_MAX_AGE", "600".into())]).await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(600));
    assert_eq!(world.status().await, 401);
    world
}

#[tokio::test]
async fn whom_the_provider_knows_is_signed_in_without_leaving_the_page() {
    let mut world = known_at_the_provider().await;
    let end = world.frame(&SAME_SITE).await;
    assert_eq!((end.status, told(&end)), (StatusCode::OK, Some("signed_in")));
    assert_eq!(world.get("/auth/session").await.json()["user"]["name"], "Alice Adams");
    let policy = end.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("frame-ancestors 'self'") && policy.contains("script-src 'self'"), "{policy}");
    assert_eq!(told(&world.frame(&SAME_SITE).await), Some("signed_in"), "who is here already asks nobody");
}

#[tokio::test]
async fn whom_it_does_not_know_stays_a_guest_and_may_ask_again() {
    let mut world = world().await;
    for _ in 0..2 {
        let end = world.frame(&SAME_SITE).await;
        assert_eq!(told(&end), Some("login_required"));
    }
    let silent = world.browser.navigate(&world.app.at("/protected")).await;
    assert_eq!(silent.path(), "/auth/silent?callbackUrl=%2Fprotected", "the guard's own try is still there");
}

#[tokio::test]
async fn an_answer_that_came_across_sites_says_nothing() {
    let mut world = world().await;
    let end = world.frame(&CROSS_SITE).await;
    assert_eq!(told(&end), Some("unavailable"));
}

#[tokio::test]
async fn a_provider_in_trouble_says_nothing_and_signs_nobody_out() {
    let mut world = known_at_the_provider().await;
    world.provider.faults().add(Fault::Status500(Endpoint::Token));
    assert_eq!(told(&world.frame(&SAME_SITE).await), Some("unavailable"));
    world.provider.faults().clear();
    assert_eq!(told(&world.frame(&SAME_SITE).await), Some("signed_in"));
}

#[tokio::test]
async fn a_session_that_began_meanwhile_is_left_alone() {
    let mut world = known_at_the_provider().await;
    let begun = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
    let answer = load(&mut world.browser, &begun.location().unwrap(), &SAME_SITE).await;
    world.sign_in_again().await;
    let session = world.browser.cookie(&world.app.url, "app.session");
    let end = load(&mut world.browser, &answer.location().unwrap(), &SAME_SITE).await;
    assert_eq!(told(&end), Some("signed_in"));
    assert_eq!(world.browser.cookie(&world.app.url, "app.session"), session);
}

#[tokio::test]
async fn a_sign_out_meanwhile_is_not_undone_by_a_frame_that_comes_late() {
    let mut world = known_at_the_provider().await;
    let begun = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
    let answer = load(&mut world.browser, &begun.location().unwrap(), &SAME_SITE).await;
    world.sign_in_again().await;
    world.post("/auth/signout", &[("scope", "local")]).await;
    let end = load(&mut world.browser, &answer.location().unwrap(), &SAME_SITE).await;
    assert_eq!(told(&end), Some("login_required"));
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn what_somebody_ended_is_not_begun_again() {
    for by_sign_out in [true, false] {
        let mut world = world().await;
        world.sign_in("/", "alice").await;
        if by_sign_out {
            world.post("/auth/signout", &[("scope", "local")]).await;
        } else {
            assert_eq!(world.log_out_alice().await, 1);
        }
        let end = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
        assert_eq!(told(&end), Some("login_required"), "{by_sign_out}: nobody was asked");
        let page = world.browser.navigate(&world.app.at("/")).await;
        assert_eq!(page.status, StatusCode::OK);
        let end = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
        assert_eq!(told(&end), Some("login_required"), "{by_sign_out}: nor after a page said why");
        // What `/auth/silent` answers, should it arrive only now.
        world.browser.plant(&world.app.url, "app.silent", "tried");
        let end = load(&mut world.browser, &world.app.at(CHECK), &OWN).await;
        assert_eq!(told(&end), Some("login_required"), "{by_sign_out}: nor after an answer that was slow");
        world.app.clock.advance(TimeDelta::seconds(2));
        world.sign_in_again().await;
        assert_eq!(told(&world.frame(&SAME_SITE).await), Some("signed_in"));
    }
}

#[tokio::test]
async fn only_a_frame_of_this_origin_may_ask() {
    let mut world = known_at_the_provider().await;
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
async fn while_the_store_is_away_nobody_can_say() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.app.lose_store().await;
    assert_eq!(told(&world.frame(&SAME_SITE).await), Some("unavailable"));
    assert!(world.browser.cookie(&world.app.url, "app.session").is_some());
}
