//! Coming back across sites: identity tells the apps that somebody signed in in a browser they know.

use super::*;
use crate::server::{sign_in_events::event_token, signing::SigningKeys};
use auth::events::{BusMessage, SessionEvent};
use auth::sign_in_events::{BrowserKey, HANDLE_PARAM};
use chrono::TimeDelta;
use http::Method;
use test_support::EventStream;

/// Where a tab ends that may not come back by itself.
const LOGIN: &str = "/login?callbackUrl=%2Fprotected%3Ftab%3D2";

impl World {
    /// What the browser sends to the app.
    fn cookie(&self, name: &str) -> String {
        let value = self.browser.cookie(&self.app.url, name).unwrap_or_default();
        format!("{name}={value}")
    }

    /// A tab of the app that waits signed out.
    async fn wait_signed_out(&self) -> Result<EventStream, StatusCode> {
        EventStream::open(&self.app.at("/auth/events?waiting"), &self.cookie("app.browser"), None).await
    }

    /// Signs in at the app, through identity, all the way, until the app has heard of it; says how it knows
    /// the browser.
    async fn sign_in_heard(&mut self) -> BrowserKey {
        let mut bus = self.app.auth.sessions().events();
        let answer = self.at_provider().await;
        assert_eq!(self.browser.follow(answer).await.body, "protected page");
        loop {
            if let BusMessage::Event(SessionEvent::SignedInBrowser(browser)) = bus.recv().await.unwrap() {
                return browser;
            }
        }
    }

    async fn sign_out_of_app(&mut self, scope: &str) {
        let left = self.browser.post(&self.app.at("/auth/signout"), &[("scope", scope)]).await;
        self.browser.follow(left).await;
        assert_eq!(self.status().await, SIGNED_OUT);
    }

    /// Signs in at identity itself, which the app has no part in.
    async fn sign_in_elsewhere(&mut self) {
        let url = self.identity.at("/auth/signin/demo");
        let begun = self.browser.post(&url, &[("callbackUrl", "/")]).await;
        let page = self.browser.follow(begun).await;
        if page.field("transaction").is_some() {
            let answer = self.provider.continue_as(&mut self.browser, &page, "alice").await;
            self.browser.follow(answer).await;
        }
    }

    /// Tells the app of a sign-in in this browser: a waiting tab hears of that one, and of none before it.
    async fn hears_one_event_and_no_other(&self, browser: &BrowserKey, tab: &mut EventStream) {
        assert_eq!(self.notify(&self.event(browser, "marker")).await.status, StatusCode::ACCEPTED);
        tab.next_but_heartbeats().await.unwrap();
        let nothing =
            tokio::time::timeout(std::time::Duration::from_millis(600), tab.next_but_heartbeats()).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }

    async fn come_back(&mut self, ticket: &str) -> Page {
        let fields = [("callbackUrl", "/protected?tab=2"), ("ticket", ticket)];
        self.browser.post(&self.app.at("/auth/come-back"), &fields).await
    }

    fn event(&self, browser: &BrowserKey, jti: &str) -> String {
        let secret = format!("a secret for the tests of {}, long enough", self.identity.url);
        let issuer = self.identity.url.origin().ascii_serialization();
        let keys = SigningKeys::new(&[secret.into()]);
        event_token(&keys, &issuer, "partner", browser, jti, self.app.clock.now())
    }

    async fn notify(&self, token: &str) -> Page {
        let url = self.app.at("/auth/browser-event");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        Browser::new().send(Method::POST, &url, &headers, &format!("event_token={token}")).await
    }
}

#[tokio::test]
async fn a_tab_that_waits_hears_of_a_sign_in_elsewhere_and_comes_back_once() {
    let mut world = world().await;
    world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    let mut tab = world.wait_signed_out().await.unwrap();
    assert_eq!(tab.next().await.unwrap().name, "heartbeat");
    world.sign_in_elsewhere().await;
    let event = tab.next_but_heartbeats().await.unwrap();
    assert_eq!(event.name, "signed_in");
    assert_eq!(event.data.as_object().unwrap().len(), 1, "it says nothing about anybody");
    assert_eq!(world.status().await, SIGNED_OUT, "and grants nothing");

    let ticket = event.data["ticket"].as_str().unwrap().to_owned();
    let begun = world.come_back(&ticket).await;
    assert_eq!(begun.path(), "/auth/silent?callbackUrl=%2Fprotected%3Ftab%3D2");
    let page = world.browser.follow(begun).await;
    assert_eq!((page.body.as_str(), page.url.query()), ("protected page", Some("tab=2")));
    assert_eq!(world.status().await, SIGNED_IN);

    world.sign_out_of_app("global").await;
    let again = world.come_back(&ticket).await;
    assert_eq!((again.path().as_str(), again.set_cookies().len()), (LOGIN, 0), "it is used");
}

#[tokio::test]
async fn who_is_not_known_at_the_provider_ends_on_the_sign_in_page() {
    let mut world = world().await;
    world.sign_in_heard().await;
    let handle = world.cookie("app.browser");
    world.sign_out_of_app("global").await;
    let mut tab = EventStream::open(&world.app.at("/auth/events?waiting"), &handle, None).await.unwrap();
    tab.next().await;
    world.sign_in_elsewhere().await;
    let event = tab.next_but_heartbeats().await.unwrap();
    // Signed out again before the tab got round to it.
    let left = world.browser.post(&world.identity.at("/auth/signout"), &[]).await;
    world.browser.follow(left).await;
    let begun = world.come_back(event.data["ticket"].as_str().unwrap()).await;
    let page = world.browser.follow(begun).await;
    assert_eq!(page.url.path(), "/login");
    assert_eq!(world.status().await, SIGNED_OUT);
    // And there is no second try: the way is closed again.
    let retry = world.browser.get(&world.app.at("/auth/silent")).await;
    assert_eq!(retry.path(), "/login");
}

#[tokio::test]
async fn a_silent_sign_in_is_no_news_and_a_local_sign_out_is_not_undone() {
    let mut world = world().await;
    let key = world.sign_in_heard().await;
    let handle = world.cookie("app.browser");
    let mut tab = EventStream::open(&world.app.at("/auth/events?waiting"), &handle, None).await.unwrap();
    tab.next().await;
    world.sign_out_of_app("local").await;
    assert_eq!(world.browser.cookie(&world.app.url, "app.browser"), None, "it wants to hear no more");
    assert_eq!(world.wait_signed_out().await.err(), Some(StatusCode::NO_CONTENT));
    // A neighbour on the same domain plants a handle that is good, and somebody signs in where it came from.
    world.browser.plant(&world.app.url, "app.browser", handle.strip_prefix("app.browser=").unwrap());
    let cookies = format!("{handle}; {}", world.cookie("app.ended"));
    let waiting = EventStream::open(&world.app.at("/auth/events?waiting"), &cookies, None).await;
    assert_eq!(waiting.err(), Some(StatusCode::NO_CONTENT));
    assert_eq!(world.notify(&world.event(&key, "elsewhere")).await.status, StatusCode::ACCEPTED);
    let ticket = tab.next_but_heartbeats().await.unwrap().data["ticket"].as_str().unwrap().to_owned();
    let refused = world.come_back(&ticket).await;
    assert_eq!((refused.path().as_str(), refused.set_cookies().len()), (LOGIN, 0), "left_this_app");
    let begun = world
        .browser
        .post(&world.app.at("/auth/signin/demo"), &[("prompt", "none"), ("callbackUrl", "/protected")])
        .await;
    assert_eq!(world.browser.follow(begun).await.body, "protected page");
    // The next event is that of a sign-in with a question, and none came before it.
    world.hears_one_event_and_no_other(&key, &mut tab).await;
}

#[tokio::test]
async fn only_a_browser_that_came_through_identity_can_wait() {
    let mut world = world().await;
    assert_eq!(world.wait_signed_out().await.err(), Some(StatusCode::NO_CONTENT));
    for value in ["x", &"A".repeat(43), &"A".repeat(96)] {
        world.browser.plant(&world.app.url, "app.browser", value);
        assert_eq!(world.wait_signed_out().await.err(), Some(StatusCode::NO_CONTENT), "{value}");
    }
    // A handle that comes without a sign-in of this browser's is not kept.
    let planted = format!("/auth/callback/demo?code=x&state=y&{HANDLE_PARAM}={}", "A".repeat(43));
    let page = world.browser.get(&world.app.at(&planted)).await;
    assert!(!page.set_cookies().iter().any(|cookie| cookie.starts_with("app.browser=")), "{page:?}");
}

#[tokio::test]
async fn the_provider_has_no_say_in_the_handle_and_the_page_does_not_show_it() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    let mut url = answer.location().unwrap();
    url.query_pairs_mut().append_pair(HANDLE_PARAM, "chosen");
    let back = world.browser.get(&url).await;
    let callback = back.location().unwrap();
    let handles: Vec<_> = callback.query_pairs().filter(|(name, _)| name == HANDLE_PARAM).collect();
    assert!(handles.len() == 1 && handles[0].1 != "chosen", "{callback}");
    let own = back.set_cookies().into_iter().find(|cookie| cookie.starts_with("app.browser=")).unwrap();
    assert!(own.contains("HttpOnly; SameSite=Lax") && !own.contains("Max-Age"), "{own}");
    let own = world.browser.cookie(&world.identity.url, "app.browser").unwrap();
    assert_ne!(handles[0].1, own, "the app does not learn identity's own");
    let page = world.browser.get(&callback).await;
    assert_eq!(page.path(), "/protected?tab=2");
    let kept = page.set_cookies().into_iter().find(|cookie| cookie.starts_with("app.browser=")).unwrap();
    assert!(kept.contains("HttpOnly; SameSite=Lax") && !kept.contains("Max-Age"), "{kept}");
    assert!(!kept.contains(&*handles[0].1), "sealed");
}

#[tokio::test]
async fn an_event_must_be_identitys_fresh_and_new() {
    let mut world = world().await;
    world.sign_in_heard().await;
    let key = BrowserKey::from_bytes([7; 32]);
    let refused = async |token: &str, rule: &str| {
        let page = world.notify(token).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST);
        assert_eq!(page.json()["error_description"], rule);
    };
    let good = world.event(&key, "one");
    refused("", "browser_event_malformed").await;
    refused("a.b.c", "browser_event_malformed").await;
    let foreign = SigningKeys::new(&["some other secret of thirty-two bytes!".into()]);
    let issuer = world.identity.url.origin().ascii_serialization();
    let now = world.app.clock.now();
    refused(&event_token(&foreign, &issuer, "partner", &key, "x", now), "browser_event_unknown_key").await;
    let notice = auth::logout::LogoutNotice {
        provider_issuer: "https://op.example",
        sid: Some("s"),
        sub: None,
        browser: None,
        happened_at: chrono::DateTime::UNIX_EPOCH,
    };
    let own =
        SigningKeys::new(&[format!("a secret for the tests of {}, long enough", world.identity.url).into()]);
    refused(&own.logout_token(&issuer, "partner", "l", notice, now), "browser_event_type").await;
    refused(&event_token(&own, &issuer, "games", &key, "x", now), "browser_event_audience").await;
    refused(&event_token(&own, "https://evil.example", "partner", &key, "x", now), "browser_event_issuer")
        .await;
    let old = now - TimeDelta::seconds(61);
    refused(&event_token(&own, &issuer, "partner", &key, "x", old), "browser_event_expired").await;
    assert_eq!(world.notify(&good).await.status, StatusCode::ACCEPTED);
    refused(&good, "browser_event_replayed").await;
    // Nor is an event a logout token.
    let url = world.app.at("/auth/backchannel-logout");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let event = world.event(&key, "two");
    let page = Browser::new().send(Method::POST, &url, &headers, &format!("logout_token={event}")).await;
    assert_eq!(page.json()["error_description"], "logout_token_type");
    assert_eq!(world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn nobody_hears_of_another_browser() {
    let mut world = world().await;
    let own = world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    let mut tab = world.wait_signed_out().await.unwrap();
    tab.next().await;
    assert_eq!(
        world.notify(&world.event(&BrowserKey::from_bytes([9; 32]), "other")).await.status,
        StatusCode::ACCEPTED
    );
    assert_eq!(world.notify(&world.event(&own, "own")).await.status, StatusCode::ACCEPTED);
    let event = tab.next_but_heartbeats().await.unwrap();
    let ticket = event.data["ticket"].as_str().unwrap().to_owned();
    let nothing =
        tokio::time::timeout(std::time::Duration::from_millis(300), tab.next_but_heartbeats()).await;
    assert!(nothing.is_err(), "one event, and not the other's");
    // The ticket is of no use in another browser.
    let stolen = Browser::new().post(&world.app.at("/auth/come-back"), &[("ticket", &ticket)]).await;
    assert_eq!((stolen.path().as_str(), stolen.set_cookies().len()), ("/login", 0));
    world.app.clock.advance(TimeDelta::seconds(60));
    let late = world.come_back(&ticket).await;
    assert_eq!((late.path().as_str(), late.set_cookies().len()), (LOGIN, 0));
}

#[tokio::test]
async fn a_way_back_that_leads_nowhere_does_not_forget_that_somebody_signed_out() {
    let mut world = world().await;
    let browser = world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    let ended = |world: &World| world.browser.cookie(&world.app.url, "app.ended");
    assert!(ended(&world).is_some());
    let mut tab = world.wait_signed_out().await.unwrap();
    assert_eq!(world.notify(&world.event(&browser, "one")).await.status, StatusCode::ACCEPTED);
    let event = tab.next_but_heartbeats().await.unwrap();
    let sent = world.come_back(event.data["ticket"].as_str().unwrap()).await;
    assert_eq!(ended(&world), None, "put aside on the way");
    // The provider knows nobody any more.
    assert_eq!(world.browser.follow(sent).await.url, world.app.at(LOGIN));
    assert!(ended(&world).is_some());
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn neither_a_link_nor_a_foreign_form_begins_a_silent_sign_in() {
    let mut world = world().await;
    world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    assert_eq!(world.browser.get(&world.app.at("/auth/silent")).await.path(), "/login");
    let url = world.app.at("/auth/come-back");
    let headers = [("content-type", "application/x-www-form-urlencoded"), ("origin", "https://evil.example")];
    let page = world.browser.send(Method::POST, &url, &headers, "ticket=x").await;
    assert_eq!(page.status, StatusCode::FORBIDDEN);
    let own = world.come_back("x").await;
    assert_eq!((own.path().as_str(), own.set_cookies().len()), (LOGIN, 0));
}

#[tokio::test]
async fn one_browser_cannot_keep_the_server_busy_with_waiting() {
    let mut world = world().await;
    world.sign_in_heard().await;
    let mut open = Vec::new();
    let refused = loop {
        match world.wait_signed_out().await {
            Ok(stream) => open.push(stream),
            Err(status) => break status,
        }
    };
    assert_eq!((refused, open.len()), (StatusCode::TOO_MANY_REQUESTS, 4));
}

#[tokio::test]
async fn a_sign_in_that_the_app_did_not_complete_is_announced_to_nobody() {
    let mut world = world().await;
    let key = world.sign_in_heard().await;
    let handle = world.cookie("app.browser");
    let mut tab = EventStream::open(&world.app.at("/auth/events?waiting"), &handle, None).await.unwrap();
    tab.next().await;
    // Another site's link into a flow that the app never began; the provider knows the visitor and asks nothing.
    let begun = world.begin().await;
    let mut link = begun.location().unwrap();
    let others: Vec<_> = link.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
    link.query_pairs_mut().clear().extend_pairs(others).append_pair("state", "made-up");
    let pages = world.browser.open(&link).await;
    assert_eq!(pages.last().unwrap().url.query(), Some("error=invalid_state"));
    assert!(
        pages.iter().any(|page| page.url.query().is_some_and(|query| query.contains("sign_in_receipt=")))
    );
    // The next event is another one's.
    world.hears_one_event_and_no_other(&key, &mut tab).await;
}

#[tokio::test]
async fn a_receipt_is_good_once_for_its_app_and_for_two_minutes() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    let back = world.browser.get(&answer.location().unwrap()).await;
    let receipt = params(&back.location().unwrap())["sign_in_receipt"].clone();
    let url = world.identity.at("/auth/signed-in");
    let give = async |secret: &str, receipt: &str| {
        let fields = [("client_id", "partner"), ("client_secret", secret), ("receipt", receipt)];
        Browser::new().post(&url, &fields).await
    };
    let stranger = give("wrong", &receipt).await;
    assert_eq!(stranger.status, StatusCode::UNAUTHORIZED);
    let junk = give(APP_SECRET, "junk").await;
    assert!(junk.status == StatusCode::BAD_REQUEST && junk.body.contains("invalid_receipt"));
    assert_eq!(give(APP_SECRET, &receipt).await.status, StatusCode::ACCEPTED);
    assert_eq!(give(APP_SECRET, &receipt).await.status, StatusCode::BAD_REQUEST, "it is used");
    let answer = world.at_provider_again().await;
    let back = world.browser.get(&answer).await;
    let late = params(&back.location().unwrap())["sign_in_receipt"].clone();
    world.identity.clock.advance(TimeDelta::minutes(2));
    assert_eq!(give(APP_SECRET, &late).await.status, StatusCode::BAD_REQUEST, "it is too old");
}

impl World {
    /// Where the provider sends a visitor whom it knows already.
    async fn at_provider_again(&mut self) -> Url {
        let begun = self.begin().await;
        let passed_on = self.browser.navigate(&begun.location().unwrap()).await;
        let answer = self.browser.navigate(&passed_on.location().unwrap()).await;
        answer.location().unwrap()
    }
}

/// A8: a neighbour on the same domain may set and remove the cookies that apps there share.
#[tokio::test]
async fn a_way_back_that_another_browser_was_given_is_worth_nothing_here() {
    let mut world = world().await;
    let browser = world.sign_in_heard().await;
    world.sign_out_of_app("local").await;
    let mut victim = world.browser.clone();
    // The attacker signs in and out in a browser of their own, and has it hear of a sign-in.
    world.browser = Browser::new();
    let own = world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    assert!(own != browser);
    // ("This app only" would forget the handle.)
    let mut tab = world.wait_signed_out().await.unwrap();
    assert_eq!(world.notify(&world.event(&own, "one")).await.status, StatusCode::ACCEPTED);
    let event = tab.next_but_heartbeats().await.unwrap();
    world.come_back(event.data["ticket"].as_str().unwrap()).await;
    let silent = world.app.at("/auth/silent?callbackUrl=/protected");
    let planted = world.browser.cookie(&world.app.url, "app.silent").unwrap();
    for value in [planted.as_str(), "coming_back", "try"] {
        victim.plant(&world.app.url, "app.silent", value);
        victim.plant(&world.app.url, "app.ended", "");
        let led = victim.navigate(&silent).await;
        assert_eq!(led.path(), "/login?callbackUrl=%2Fprotected", "{value}");
    }
}
