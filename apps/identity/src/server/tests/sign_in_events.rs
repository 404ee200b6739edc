//! Sign-in events across sites: identity tells the apps about a sign-in in a browser that they know.

use super::*;
use crate::server::{messages::Envelope, sign_in_events::event_claims, signing::SigningKeys};
use auth::events::{BusMessage, SessionEvent};
use auth::sign_in_events::BrowserEvent;
use auth::sign_in_events::{BrowserKey, HANDLE_PARAM};
use chrono::TimeDelta;
use http::Method;
use test_support::EventStream;

/// The page for a tab that may not resume automatically.
const LOGIN: &str = "/login?callbackUrl=%2Fprotected%3Ftab%3D2";

impl World {
    /// A cookie of this browser, as the app gets it.
    fn cookie(&self, name: &str) -> String {
        let value = self.browser.cookie(&self.app.url, name).unwrap_or_default();
        format!("{name}={value}")
    }

    /// Opens the event stream of a signed-out tab that waits.
    async fn wait_signed_out(&self) -> Result<EventStream, StatusCode> {
        EventStream::open(&self.app.at("/auth/events?waiting"), &self.cookie("app.browser"), None).await
    }

    /// Signs in at the app through identity, and waits for the event. Returns the app's key for the browser.
    async fn sign_in_heard(&mut self) -> BrowserKey {
        let mut bus = self.app.auth.sessions().events();
        let answer = self.at_provider().await;
        assert_eq!(self.browser.follow(answer).await.body, "protected page");
        loop {
            if let BusMessage::Event(SessionEvent::SignedInBrowser(browser, _)) = bus.recv().await.unwrap() {
                return browser;
            }
        }
    }

    pub(super) async fn sign_out_of_app(&mut self, scope: &str) {
        let left = self.browser.post(&self.app.at("/auth/signout"), &[("scope", scope)]).await;
        self.browser.follow(left).await;
        assert_eq!(self.status().await, SIGNED_OUT);
    }

    /// Signs in at identity, without the app.
    async fn sign_in_elsewhere(&mut self) {
        let url = self.identity.at("/auth/signin/demo");
        let begun = self.browser.post(&url, &[("callbackUrl", "/")]).await;
        let page = self.browser.follow(begun).await;
        if page.field("transaction").is_some() {
            let answer = self.provider.continue_as(&mut self.browser, &page, "alice").await;
            self.browser.follow(answer).await;
        }
    }

    /// Sends the app an event for this browser. The waiting tab must get this event and no other.
    async fn hears_one_event_and_no_other(&self, browser: &BrowserKey, tab: &mut EventStream) {
        assert_eq!(self.notify(&self.event(browser, "marker")).await.status, StatusCode::ACCEPTED);
        tab.next_non_heartbeat().await.unwrap();
        let nothing =
            tokio::time::timeout(std::time::Duration::from_millis(600), tab.next_non_heartbeat()).await;
        assert!(nothing.is_err(), "{nothing:?}");
    }

    async fn come_back(&mut self, ticket: &str) -> Page {
        let fields = [("callbackUrl", "/protected?tab=2"), ("ticket", ticket)];
        self.browser.post(&self.app.at("/auth/come-back"), &fields).await
    }

    fn event(&self, browser: &BrowserKey, jti: &str) -> String {
        self.event_of_age(browser, TimeDelta::zero(), jti)
    }

    /// The event of a sign-in that took place this long ago.
    fn event_of_age(&self, browser: &BrowserKey, age: TimeDelta, jti: &str) -> String {
        let secret = format!("a secret for the tests of {}, long enough", self.identity.url);
        let issuer = self.identity.url.origin().ascii_serialization();
        let keys = SigningKeys::new(&[secret.into()]);
        let envelope = Envelope { issuer: &issuer, audience: "partner", jti, now: self.app.clock.now() };
        keys.message::<BrowserEvent>(envelope, event_claims(browser, age, "demo"))
    }

    async fn notify(&self, token: &str) -> Page {
        let url = self.app.at("/auth/browser-event");
        let headers = [("content-type", "application/x-www-form-urlencoded")];
        Browser::new().send(Method::POST, &url, &headers, &format!("event_token={token}")).await
    }
}

#[tokio::test]
async fn a_waiting_tab_hears_of_a_sign_in_elsewhere_and_resumes_once() {
    let mut world = world().await;
    world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    let mut tab = world.wait_signed_out().await.unwrap();
    assert_eq!(tab.next().await.unwrap().name, "heartbeat");
    world.sign_in_elsewhere().await;
    let event = tab.next_non_heartbeat().await.unwrap();
    assert_eq!(event.name, "signed_in");
    assert_eq!(event.data.as_object().unwrap().len(), 1, "the event does not name the user");
    assert_eq!(world.status().await, SIGNED_OUT, "the event grants nothing");

    let ticket = event.data["ticket"].as_str().unwrap().to_owned();
    let begun = world.come_back(&ticket).await;
    assert_eq!(begun.url.path(), "/auth/silent");
    assert_eq!(begun.url.query(), Some("callbackUrl=%2Fprotected%3Ftab%3D2"));
    let page = world.browser.follow(begun).await;
    assert_eq!((page.body.as_str(), page.url.query()), ("protected page", Some("tab=2")));
    assert_eq!(world.status().await, SIGNED_IN);

    world.sign_out_of_app("global").await;
    let again = world.come_back(&ticket).await;
    assert_eq!((again.path().as_str(), again.set_cookies().len()), (LOGIN, 0), "the ticket is used");
}

#[tokio::test]
async fn a_user_unknown_to_the_provider_ends_on_the_sign_in_page() {
    let mut world = world().await;
    world.sign_in_heard().await;
    let handle = world.cookie("app.browser");
    world.sign_out_of_app("global").await;
    let mut tab = EventStream::open(&world.app.at("/auth/events?waiting"), &handle, None).await.unwrap();
    tab.next().await;
    world.sign_in_elsewhere().await;
    let event = tab.next_non_heartbeat().await.unwrap();
    // The user signs out again before the tab resumes.
    let left = world.browser.post(&world.identity.at("/auth/signout"), &[]).await;
    world.browser.follow(left).await;
    let begun = world.come_back(event.data["ticket"].as_str().unwrap()).await;
    let page = world.browser.follow(begun).await;
    assert_eq!(page.url.path(), "/login");
    assert_eq!(world.status().await, SIGNED_OUT);
    // A second attempt is refused.
    let retry = world.browser.get(&world.app.at("/auth/silent")).await;
    assert_eq!(retry.path(), "/login");
}

#[tokio::test]
async fn a_silent_sign_in_sends_no_event_and_a_local_sign_out_is_not_undone() {
    let mut world = world().await;
    let key = world.sign_in_heard().await;
    let handle = world.cookie("app.browser");
    let mut tab = EventStream::open(&world.app.at("/auth/events?waiting"), &handle, None).await.unwrap();
    tab.next().await;
    world.sign_out_of_app("local").await;
    assert_eq!(
        world.browser.cookie(&world.app.url, "app.browser"),
        None,
        "a local sign-out removes the handle"
    );
    assert_eq!(world.wait_signed_out().await.err(), Some(StatusCode::NO_CONTENT));
    // A neighbour on the same domain plants a valid handle, and a user signs in at the browser from which the
    // handle came.
    world.browser.plant(&world.app.url, "app.browser", handle.strip_prefix("app.browser=").unwrap());
    let cookies = format!("{handle}; {}", world.cookie("app.ended"));
    let waiting = EventStream::open(&world.app.at("/auth/events?waiting"), &cookies, None).await;
    assert_eq!(waiting.err(), Some(StatusCode::NO_CONTENT));
    assert_eq!(world.notify(&world.event(&key, "elsewhere")).await.status, StatusCode::ACCEPTED);
    let ticket = tab.next_non_heartbeat().await.unwrap().data["ticket"].as_str().unwrap().to_owned();
    let refused = world.come_back(&ticket).await;
    assert_eq!((refused.path().as_str(), refused.set_cookies().len()), (LOGIN, 0), "left_this_app");
    let begun = world
        .browser
        .post(&world.app.at("/auth/signin/demo"), &[("prompt", "none"), ("callbackUrl", "/protected")])
        .await;
    assert_eq!(world.browser.follow(begun).await.body, "protected page");
    // The tab gets only the event that is sent now: the silent sign-in sent none.
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
    // A handle without a sign-in of this browser is not kept.
    let planted = format!("/auth/callback/demo?code=x&state=y&{HANDLE_PARAM}={}", "A".repeat(43));
    let page = world.browser.get(&world.app.at(&planted)).await;
    assert!(!page.set_cookies().iter().any(|cookie| cookie.starts_with("app.browser=")), "{page:?}");
}

#[tokio::test]
async fn the_provider_cannot_set_the_handle_and_the_page_does_not_show_it() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    let mut url = answer.location().unwrap();
    url.query_pairs_mut().append_pair(HANDLE_PARAM, "chosen");
    let back = world.browser.get(&url).await;
    let callback = back.location().unwrap();
    let handles: Vec<_> = callback.query_pairs().filter(|(name, _)| name == HANDLE_PARAM).collect();
    assert!(handles.len() == 1 && handles[0].1 != "chosen", "{callback}");
    let own = world.browser.cookie(&world.identity.url, "app.browser").unwrap();
    assert_ne!(handles[0].1, own, "the app does not learn identity's own handle");
    let page = world.browser.get(&callback).await;
    assert_eq!(page.path(), "/protected?tab=2");
    let kept = page.set_cookies().into_iter().find(|cookie| cookie.starts_with("app.browser=")).unwrap();
    assert!(kept.contains("HttpOnly; SameSite=Lax") && !kept.contains("Max-Age"), "{kept}");
    assert!(!kept.contains(&*handles[0].1), "sealed");
}

#[tokio::test]
async fn an_event_must_be_from_identity_fresh_and_new() {
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
    // An event is not accepted as a logout token either.
    let url = world.app.at("/auth/backchannel-logout");
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let event = world.event(&key, "two");
    let page = Browser::new().send(Method::POST, &url, &headers, &format!("logout_token={event}")).await;
    assert_eq!(page.json()["error_description"], "logout_token_type");
    assert_eq!(world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn a_tab_is_not_told_of_another_browser() {
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
    let event = tab.next_non_heartbeat().await.unwrap();
    let ticket = event.data["ticket"].as_str().unwrap().to_owned();
    let nothing = tokio::time::timeout(std::time::Duration::from_millis(300), tab.next_non_heartbeat()).await;
    assert!(nothing.is_err(), "only the event of this browser");
    // The ticket is refused in another browser.
    let stolen = Browser::new().post(&world.app.at("/auth/come-back"), &[("ticket", &ticket)]).await;
    assert_eq!((stolen.path().as_str(), stolen.set_cookies().len()), ("/login", 0));
    world.app.clock.advance(TimeDelta::seconds(60));
    let late = world.come_back(&ticket).await;
    assert_eq!((late.path().as_str(), late.set_cookies().len()), (LOGIN, 0));
}

/// A sign-in, then a sign-out, and only then the event of the sign-in: it must not bring the user back.
#[tokio::test]
async fn a_late_event_does_not_undo_a_sign_out() {
    let mut world = world().await;
    let browser = world.sign_in_heard().await;
    world.app.clock.advance(TimeDelta::seconds(5));
    world.sign_out_of_app("global").await;
    let mut tab = world.wait_signed_out().await.unwrap();
    tab.next().await;
    for (age, jti) in [(TimeDelta::seconds(5), "before"), (TimeDelta::milliseconds(1), "just before")] {
        let late = world.event_of_age(&browser, age, jti);
        assert_eq!(world.notify(&late).await.status, StatusCode::ACCEPTED);
    }
    world.hears_one_event_and_no_other(&browser, &mut tab).await;
}

#[tokio::test]
async fn a_ticket_does_not_undo_a_later_sign_out_of_this_app() {
    let mut world = world().await;
    let browser = world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    let mut tab = world.wait_signed_out().await.unwrap();
    assert_eq!(world.notify(&world.event(&browser, "one")).await.status, StatusCode::ACCEPTED);
    let ticket = tab.next_non_heartbeat().await.unwrap().data["ticket"].as_str().unwrap().to_owned();
    // The user signs in and out again before the tab uses its ticket.
    world.app.clock.advance(TimeDelta::seconds(3));
    world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    let refused = world.come_back(&ticket).await;
    assert_eq!((refused.path().as_str(), refused.set_cookies().len()), (LOGIN, 0));
    assert_eq!(world.status().await, SIGNED_OUT);
}

/// The provider's session outlives the logout, and the waiting tab heard of the sign-in before it.
#[tokio::test]
async fn a_ticket_does_not_undo_a_later_logout_by_the_provider() {
    for is_later in [false, true] {
        let mut world = world().await;
        world.sign_in_heard().await;
        world.sign_out_of_app("global").await;
        let mut tab = world.wait_signed_out().await.unwrap();
        world.app.clock.advance(TimeDelta::seconds(10));
        let logout = async |world: &World| {
            let issuer = world.identity.url.origin().ascii_serialization();
            let secret = format!("a secret for the tests of {}, long enough", world.identity.url);
            let notice = auth::logout::LogoutNotice {
                provider_issuer: world.provider.issuer.as_str().trim_end_matches('/'),
                sid: None,
                sub: Some("demo|alice"),
                browser: None,
                happened_at: world.app.clock.now(),
            };
            let now = world.app.clock.now();
            let token = SigningKeys::new(&[secret.into()]).logout_token(&issuer, "partner", "l", notice, now);
            let url = world.app.at("/auth/backchannel-logout");
            let headers = [("content-type", "application/x-www-form-urlencoded")];
            let body = format!("logout_token={token}");
            assert_eq!(Browser::new().send(Method::POST, &url, &headers, &body).await.status, StatusCode::OK);
        };
        if !is_later {
            logout(&world).await;
            world.app.clock.advance(TimeDelta::seconds(3));
        }
        world.sign_in_elsewhere().await;
        let ticket = tab.next_non_heartbeat().await.unwrap().data["ticket"].as_str().unwrap().to_owned();
        if is_later {
            world.app.clock.advance(TimeDelta::seconds(3));
            logout(&world).await;
            world.app.clock.advance(TimeDelta::seconds(1));
        }
        let begun = world.come_back(&ticket).await;
        world.browser.follow(begun).await;
        assert_eq!(world.status().await, if is_later { SIGNED_OUT } else { SIGNED_IN }, "{is_later}");
    }
}

/// The app may complete the sign-in late, and the receipt may travel for a while. The time of the sign-in stays.
#[tokio::test]
async fn an_event_says_when_the_sign_in_took_place() {
    let mut world = world().await;
    let mut bus = world.app.auth.sessions().events();
    let answer = world.at_provider().await;
    let to_app = world.browser.get(&answer.location().unwrap()).await;
    let passed_on_at = world.app.clock.now();
    world.app.clock.advance(TimeDelta::seconds(5));
    assert_eq!(world.browser.follow(to_app).await.body, "protected page");
    loop {
        if let BusMessage::Event(SessionEvent::SignedInBrowser(_, sign_in)) = bus.recv().await.unwrap() {
            assert_eq!(sign_in.at.unwrap().timestamp_millis(), passed_on_at.timestamp_millis());
            return;
        }
    }
}

#[tokio::test]
async fn a_failed_resume_keeps_the_mark_of_the_sign_out() {
    let mut world = world().await;
    let browser = world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    let ended = |world: &World| world.browser.cookie(&world.app.url, "app.ended");
    assert!(ended(&world).is_some());
    let mut tab = world.wait_signed_out().await.unwrap();
    assert_eq!(world.notify(&world.event(&browser, "one")).await.status, StatusCode::ACCEPTED);
    let event = tab.next_non_heartbeat().await.unwrap();
    let sent = world.come_back(event.data["ticket"].as_str().unwrap()).await;
    assert_eq!(ended(&world), None, "the mark is removed on the way");
    // The provider no longer has a session.
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
async fn one_browser_may_have_four_waiting_streams() {
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
async fn a_sign_in_that_the_app_did_not_complete_sends_no_event() {
    let mut world = world().await;
    let key = world.sign_in_heard().await;
    let handle = world.cookie("app.browser");
    let mut tab = EventStream::open(&world.app.at("/auth/events?waiting"), &handle, None).await.unwrap();
    tab.next().await;
    // A link on another site leads into a flow that the app never began. The provider knows the visitor and
    // does not ask.
    let begun = world.begin().await;
    let mut link = begun.location().unwrap();
    let others: Vec<_> = link.query_pairs().into_owned().filter(|(name, _)| name != "state").collect();
    link.query_pairs_mut().clear().extend_pairs(others).append_pair("state", "made-up");
    let pages = world.browser.open(&link).await;
    assert_eq!(pages.last().unwrap().url.query(), Some("error=invalid_state"));
    assert!(
        pages.iter().any(|page| page.url.query().is_some_and(|query| query.contains("sign_in_receipt=")))
    );
    // The tab gets only the event that is sent now.
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
    assert_eq!(give(APP_SECRET, &receipt).await.status, StatusCode::BAD_REQUEST, "the receipt is used");
    let answer = world.at_provider_again().await;
    let back = world.browser.get(&answer).await;
    let late = params(&back.location().unwrap())["sign_in_receipt"].clone();
    world.identity.clock.advance(TimeDelta::minutes(2));
    assert_eq!(give(APP_SECRET, &late).await.status, StatusCode::BAD_REQUEST, "the receipt has expired");
}

impl World {
    /// Begins a sign-in at a provider that knows the visitor. Returns the redirect to identity.
    async fn at_provider_again(&mut self) -> Url {
        let begun = self.begin().await;
        let passed_on = self.browser.navigate(&begun.location().unwrap()).await;
        let answer = self.browser.navigate(&passed_on.location().unwrap()).await;
        answer.location().unwrap()
    }
}

/// A neighbour on the same domain may set and remove the cookies that the apps there share.
#[tokio::test]
async fn a_resume_mark_of_another_browser_is_refused() {
    let mut world = world().await;
    let browser = world.sign_in_heard().await;
    world.sign_out_of_app("local").await;
    let mut victim = world.browser.clone();
    // The attacker signs in and out in another browser, which then hears of a sign-in.
    world.browser = Browser::new();
    let own = world.sign_in_heard().await;
    world.sign_out_of_app("global").await;
    assert!(own != browser);
    // A local sign-out would remove the handle, so this one is global.
    let mut tab = world.wait_signed_out().await.unwrap();
    assert_eq!(world.notify(&world.event(&own, "one")).await.status, StatusCode::ACCEPTED);
    let event = tab.next_non_heartbeat().await.unwrap();
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

/// A browser event with chosen claims.
fn event_token(
    keys: &SigningKeys,
    issuer: &str,
    audience: &str,
    browser: &BrowserKey,
    jti: &str,
    now: chrono::DateTime<chrono::Utc>,
) -> String {
    let claims = event_claims(browser, TimeDelta::zero(), "demo");
    keys.message::<BrowserEvent>(Envelope { issuer, audience, jti, now }, claims)
}
