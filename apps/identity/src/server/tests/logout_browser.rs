//! Single logout at providers without a `sid`, or with an advertised back channel that stays silent. A
//! sign-out is then matched by the user and by identity's reference for the browser.

use super::*;
use dev_provider::Document;
use http::header::SET_COOKIE;
use serde_json::json;
use test_support::{github::FakeGithub, until};

/// The fault of a provider that leaves `sid` out of this document.
fn without_sid(document: Document) -> Fault {
    Fault::Members(document, json!({ "sid": null }).as_object().unwrap().clone())
}

impl World {
    /// Signs this browser in to the app and to identity, as Alice.
    async fn sign_in_to_both(&self, browser: &mut Browser) {
        let begun = browser.post(&self.app.at("/auth/signin/demo"), &[("callbackUrl", "/")]).await;
        let login = browser.follow(begun).await;
        let answer = self.provider.continue_as(browser, &login, "alice").await;
        browser.follow(answer).await;
        let begun = browser.post(&self.identity.at("/auth/signin/demo"), &[]).await;
        browser.follow(begun).await;
        assert_eq!(self.statuses(browser).await, [SIGNED_IN, SIGNED_IN]);
    }

    /// Whether this browser is signed in to the app and to identity.
    async fn statuses(&self, browser: &mut Browser) -> [String; 2] {
        let path = "/api/get-session-status?peek=1";
        [browser.get(&self.app.at(path)).await.body, browser.get(&self.identity.at(path)).await.body]
    }

    async fn until_both_end(&self, browser: &mut Browser) {
        for url in [self.app.at("/auth/session"), self.identity.at("/auth/session")] {
            let cell = tokio::sync::Mutex::new(&mut *browser);
            until("the session ends", async || cell.lock().await.get(&url).await.body == "null").await;
        }
    }
}

/// Signs Alice in to both apps in two browsers, at a provider with these faults.
async fn two_browsers(faults: Vec<Fault>) -> (World, [Browser; 2]) {
    let world = world().await;
    faults.into_iter().for_each(|fault| world.provider.faults().add(fault));
    let mut browsers = [Browser::new(), Browser::new()];
    for browser in &mut browsers {
        world.sign_in_to_both(browser).await;
    }
    (world, browsers)
}

#[tokio::test]
async fn without_a_sid_a_sign_out_ends_this_browsers_sessions_and_no_others() {
    let faults = || vec![without_sid(Document::IdToken), Fault::SilentBackChannel];
    for at_identity in [false, true] {
        let (world, [mut one, mut two]) = two_browsers(faults()).await;
        let left = if at_identity { &world.identity } else { &world.app };
        one.post(&left.at("/auth/signout"), &[]).await;
        world.until_both_end(&mut one).await;
        assert_eq!(world.statuses(&mut two).await, [SIGNED_IN, SIGNED_IN], "{at_identity}");
        // A new sign-in in the same browser works.
        world.app.clock.advance(chrono::TimeDelta::milliseconds(1));
        let begun = one.post(&world.app.at("/auth/signin/demo"), &[("callbackUrl", "/")]).await;
        let page = one.follow(begun).await;
        let page = match page.field("transaction") {
            Some(_) => {
                let answer = world.provider.continue_as(&mut one, &page, "alice").await;
                one.follow(answer).await
            }
            None => page,
        };
        assert_eq!(page.url.origin(), world.app.url.origin());
        assert_eq!(world.statuses(&mut one).await[0], SIGNED_IN);
    }
}

#[tokio::test]
async fn a_provider_logout_with_sub_alone_ends_the_sessions_in_every_browser() {
    let faults = vec![without_sid(Document::IdToken), without_sid(Document::LogoutToken)];
    let (world, [mut one, mut two]) = two_browsers(faults).await;
    let left = one.post(&world.app.at("/auth/signout"), &[]).await;
    // The hint names no session, so the provider asks.
    let question = one.follow(left).await;
    let confirm = question.field("confirm").unwrap();
    let at_provider = world.provider.issuer.join("/logout").unwrap();
    one.post(&at_provider, &[("confirm", &confirm)]).await;
    world.until_both_end(&mut one).await;
    world.until_both_end(&mut two).await;
}

#[tokio::test]
async fn a_silent_back_channel_leaves_no_session_behind() {
    for at_identity in [false, true] {
        let (world, [mut one, mut two]) = two_browsers(vec![Fault::SilentBackChannel]).await;
        let left = if at_identity { &world.identity } else { &world.app };
        one.post(&left.at("/auth/signout"), &[]).await;
        world.until_both_end(&mut one).await;
        assert_eq!(
            world.statuses(&mut two).await,
            [SIGNED_IN, SIGNED_IN],
            "the other browser has another provider session"
        );
    }
}

#[tokio::test]
async fn a_local_sign_out_ends_no_other_session() {
    let faults = vec![without_sid(Document::IdToken), Fault::RevokeWholeGrant];
    let (world, [mut one, _]) = two_browsers(faults).await;
    one.post(&world.identity.at("/auth/signout"), &[("scope", "local")]).await;
    assert_eq!(world.statuses(&mut one).await, [SIGNED_IN, SIGNED_OUT]);
    // Nor was a token revoked: this provider would then revoke the tokens of the app too.
    world.app.clock.advance(chrono::TimeDelta::hours(1));
    assert_eq!(one.get(&world.app.at("/protected")).await.body, "protected page");
    assert_eq!(world.provider.provider.counters().revocation, 0);
}

#[tokio::test]
async fn the_reference_is_identitys_and_lasts_as_long_as_a_session_can() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    let mut url = answer.location().unwrap();
    // Neither the provider nor a tampered answer can name the browser.
    url.query_pairs_mut().append_pair("browser_ref", "planted");
    let back = world.browser.get(&url).await;
    let callback = back.location().unwrap();
    let references: Vec<_> = callback.query_pairs().filter(|(name, _)| name == "browser_ref").collect();
    assert!(matches!(&references[..], [(_, reference)] if reference.len() == 22), "{references:?}");
    let cookies: Vec<_> =
        back.headers.get_all(SET_COOKIE).iter().map(|cookie| cookie.to_str().unwrap()).collect();
    let cookie = cookies.iter().find(|cookie| cookie.contains(".browser_ref=")).unwrap();
    for part in [&*references[0].1, "HttpOnly", "SameSite=Lax", "Max-Age=7776000"] {
        assert!(cookie.contains(part), "{cookie}");
    }
    assert!(!cookie.contains("Domain"), "{cookie}");
    world.browser.get(&callback).await;
    assert_eq!(world.status().await, SIGNED_IN);

    let begun = world.browser.post(&world.identity.at("/auth/signin/demo"), &[]).await;
    world.browser.follow(begun).await;
    let kept = world.browser.cookie(&world.identity.url, "identity.browser_ref");
    let kept = kept.or_else(|| world.browser.cookie(&world.identity.url, "app.browser_ref")).unwrap();
    assert_eq!(kept, references[0].1, "the same for every sign-in of this browser");
}

#[tokio::test]
async fn a_hidden_frame_signs_in_only_where_a_sign_out_can_reach_the_session() {
    for (has_sid, has_reference, expected) in
        [(true, false, "signed_in"), (false, true, "signed_in"), (false, false, "unavailable")]
    {
        let mut world = world().await;
        if !has_sid {
            world.provider.faults().add(without_sid(Document::IdToken));
        }
        world.with_expired_app_session().await;
        if !has_reference {
            world.browser.plant(&world.identity.url, "app.browser_ref", "");
        }
        let frame = |site| [("accept", "text/html"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", site)];
        let check = world.app.at("/auth/check-session");
        let mut end = world.browser.send(Method::GET, &check, &frame("same-origin"), "").await;
        while let Some(next) = end.location() {
            end = world.browser.send(Method::GET, &next, &frame("same-site"), "").await;
        }
        let told = format!("data-result=\"{expected}\"");
        assert!(end.body.contains(&told), "{has_sid} {has_reference}: {}", end.body);
        if expected == "signed_in" {
            let record = world.record(&world.app).await;
            assert_eq!(record.browser.is_some(), has_reference);
        }
    }
}

#[tokio::test]
async fn github_has_neither_sid_nor_sign_out_and_a_sign_out_reaches_the_other_apps() {
    let FakeGithub { vars, .. } = FakeGithub::start().await;
    let options = || AppOptions { vars: vars.clone(), ..AppOptions::default() };
    let world = world_with_builder(None, options(), options(), app_routes).await;
    let mut browsers = [Browser::new(), Browser::new()];
    for browser in &mut browsers {
        for app in [&world.app, &world.identity] {
            let mut page = browser.post(&app.at("/auth/signin/github"), &[("callbackUrl", "/")]).await;
            let at_github = loop {
                let next = page.location().unwrap();
                if next.host_str() == Some("github.localhost") {
                    break next;
                }
                page = browser.get(&next).await;
            };
            let mut back: Url = params(&at_github)["redirect_uri"].parse().unwrap();
            back.query_pairs_mut()
                .append_pair("code", "private")
                .append_pair("state", &params(&at_github)["state"]);
            let answer = browser.get(&back).await;
            browser.follow(answer).await;
        }
        assert_eq!(world.statuses(browser).await, [SIGNED_IN, SIGNED_IN]);
    }
    let [mut one, mut two] = browsers;
    let left = one.post(&world.app.at("/auth/signout"), &[]).await;
    assert_eq!(left.path(), "/signed-out", "GitHub has no sign-out page");
    world.until_both_end(&mut one).await;
    assert_eq!(world.statuses(&mut two).await, [SIGNED_IN, SIGNED_IN]);
}
