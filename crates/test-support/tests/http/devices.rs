//! "My devices": listing a user's sessions, and ending one session from another.

use crate::support::{World, world};
use auth::session::Session;
use auth::session::SessionState;
use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::Value;
use test_support::{Browser, Page};

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

/// A world with a second browser.
struct Devices {
    world: World,
    /// The second browser, unused while `world` has the current one.
    aside: Browser,
}

/// Signs Alice in with two browsers: first with `aside`, a minute later with the current browser.
async fn alice_twice() -> Devices {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let aside = std::mem::take(&mut world.browser);
    world.app.clock.advance(TimeDelta::seconds(60));
    world.sign_in("/", "alice").await;
    Devices { world, aside }
}

impl Devices {
    fn swap(&mut self) {
        std::mem::swap(&mut self.world.browser, &mut self.aside);
    }

    async fn list(&mut self) -> Vec<Value> {
        let answer = self.world.get("/auth/sessions").await;
        assert_eq!(answer.status, StatusCode::OK);
        answer.json().as_array().unwrap().clone()
    }

    /// Returns the public id of the current browser's session.
    async fn own_id(&mut self) -> String {
        let list = self.list().await;
        let own = list.iter().find(|device| device["is_this_one"] == true).unwrap();
        own["id"].as_str().unwrap().to_owned()
    }

    async fn id_aside(&mut self) -> String {
        self.swap();
        let id = self.own_id().await;
        self.swap();
        id
    }

    async fn delete(&mut self, id: &str) -> Page {
        let url = self.world.app.at(&format!("/auth/sessions/{id}"));
        let own_origin = url.origin().ascii_serialization();
        self.world.browser.send(Method::DELETE, &url, &[("origin", &own_origin)], "").await
    }

    /// Returns the session status of the current browser, and of the browser `aside`.
    async fn statuses(&mut self) -> (u64, u64) {
        let in_hand = self.world.status().await;
        self.swap();
        let aside = self.world.status().await;
        self.swap();
        (in_hand, aside)
    }
}

#[tokio::test]
async fn a_user_sees_only_their_own_live_sessions_newest_first() {
    let mut devices = alice_twice().await;
    let alice = std::mem::take(&mut devices.world.browser);
    devices.world.sign_in("/", "bob").await;
    devices.world.browser = alice;
    let list = devices.list().await;
    assert_eq!(list.len(), 2, "Alice's list leaves out Bob's session");
    assert_eq!((&list[0]["is_this_one"], &list[1]["is_this_one"]), (&true.into(), &false.into()));
    assert!(list[0]["signed_in_at"].as_str() > list[1]["signed_in_at"].as_str());
    assert_ne!(list[0]["id"], list[1]["id"]);
}

#[tokio::test]
async fn the_list_names_the_browser_and_holds_no_session_credential() {
    let mut devices = alice_twice().await;
    devices.world.browser = Browser::new();
    devices.world.app.clock.advance(TimeDelta::seconds(1));
    let callback = devices.world.at_provider("/", "alice").await.location().unwrap();
    let firefox = [("user-agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0")];
    devices.world.browser.send(Method::GET, &callback, &firefox, "").await;
    let answer = devices.world.get("/auth/sessions").await;
    let own = &answer.json()[0];
    let fields: Vec<&str> = own.as_object().unwrap().keys().map(String::as_str).collect();
    assert_eq!(fields, ["browser", "id", "is_this_one", "last_seen_at", "signed_in_at"]);
    assert_eq!(own["browser"], "Firefox on Linux");
    assert_eq!(answer.headers["cache-control"], "no-store");
    let cookie = devices.world.browser.cookie(&devices.world.app.url, "app.session").unwrap();
    assert!(!answer.body.contains(&cookie));
    let id = own["id"].as_str().unwrap().to_owned();
    let mut thief = Browser::new();
    thief.plant(&devices.world.app.url, "app.session", &id);
    assert_eq!(thief.get(&devices.world.app.at("/auth/session")).await.body, "null");
}

#[tokio::test]
async fn ending_another_session_signs_out_that_browser_only() {
    let mut devices = alice_twice().await;
    let id = devices.id_aside().await;
    let kept = devices.aside.cookie(&devices.world.app.url, "app.session").unwrap();
    let ended = devices.delete(&id).await;
    assert_eq!((ended.status, ended.body.as_str()), (StatusCode::NO_CONTENT, ""));
    assert!(ended.set_cookies().is_empty());
    assert_eq!(devices.statuses().await, (200, 401));
    assert_eq!(devices.list().await.len(), 1);
    let resolution = devices.world.app.auth.sessions().resolve(&kept).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(auth_types::EndReason::Revoked))));
    assert_eq!(devices.delete(&id).await.status, StatusCode::NOT_FOUND, "the session has already ended");
}

#[tokio::test]
async fn an_unknown_id_is_not_found_and_ends_no_session() {
    let mut devices = alice_twice().await;
    let own = devices.own_id().await;
    let cookie = devices.world.browser.cookie(&devices.world.app.url, "app.session").unwrap();
    for id in ["unknown", "Others", "%", "*", "%25", "%00", &own[1..], &own.to_lowercase(), &cookie] {
        let refused = devices.delete(id).await;
        assert!(refused.status.is_client_error(), "{id}: {}", refused.status);
    }
    let refused = devices.delete("unknown").await;
    assert_eq!(
        (refused.status, refused.json()["error"].as_str()),
        (StatusCode::NOT_FOUND, Some("no_such_session"))
    );
    assert_eq!(devices.statuses().await, (200, 200));
}

#[tokio::test]
async fn another_users_session_is_not_found_and_is_kept() {
    let mut devices = alice_twice().await;
    let alices = devices.own_id().await;
    devices.world.browser = Browser::new();
    devices.world.sign_in("/", "bob").await;
    assert_eq!(devices.delete(&alices).await.status, StatusCode::NOT_FOUND);
    assert_eq!(devices.delete("others").await.status, StatusCode::NO_CONTENT);
    devices.world.post("/auth/sessions/revoke", &[("id", &alices)]).await;
    assert_eq!(devices.statuses().await, (200, 200));
    devices.swap();
    assert_eq!(devices.list().await.len(), 2, "both of Alice's sessions are kept");
}

#[tokio::test]
async fn ending_the_current_session_clears_its_cookie() {
    let mut devices = alice_twice().await;
    let own = devices.own_id().await;
    let ended = devices.delete(&own).await;
    assert_eq!(ended.status, StatusCode::NO_CONTENT);
    assert!(
        ended.set_cookies()[0].starts_with("app.session=; ") && ended.set_cookies()[0].contains("Max-Age=0")
    );
    let [_, kept] = ended.set_cookies().try_into().unwrap();
    assert!(kept.starts_with("app.ended=") && !kept.contains("Max-Age"), "{kept}");
    assert_eq!(devices.statuses().await, (401, 200));
}

#[tokio::test]
async fn ending_all_other_sessions_keeps_only_the_current_one() {
    let mut devices = alice_twice().await;
    let third = std::mem::replace(&mut devices.world.browser, Browser::new());
    devices.world.sign_in("/", "alice").await;
    let ended = devices.delete("others").await;
    assert_eq!((ended.status, ended.set_cookies().len()), (StatusCode::NO_CONTENT, 0));
    assert_eq!(devices.statuses().await, (200, 401));
    assert_eq!(devices.list().await.len(), 1);
    assert_eq!(devices.delete("others").await.status, StatusCode::NO_CONTENT, "no other session is left");
    devices.world.browser = third;
    assert_eq!(devices.world.status().await, 401);
}

#[tokio::test]
async fn a_signed_out_visitor_gets_no_list_and_ends_no_session() {
    let mut devices = alice_twice().await;
    let own = devices.own_id().await;
    let alice = std::mem::take(&mut devices.world.browser);
    let answer = devices.world.get("/auth/sessions").await;
    assert_eq!(
        (answer.status, answer.json()["error"].as_str()),
        (StatusCode::UNAUTHORIZED, Some("signed_out"))
    );
    for id in [own.as_str(), "others"] {
        assert_eq!(devices.delete(id).await.status, StatusCode::UNAUTHORIZED, "{id}");
        let posted = devices.world.post("/auth/sessions/revoke", &[("id", id)]).await;
        assert_eq!(posted.path(), "/login?callbackUrl=%2Fsession", "{id}");
    }
    devices.world.browser = alice;
    assert_eq!(devices.statuses().await, (200, 200));
}

#[tokio::test]
async fn cross_site_requests_end_no_session() {
    let mut devices = alice_twice().await;
    let id = devices.id_aside().await;
    let url = |path: &str| devices.world.app.at(path);
    let urls = [url(&format!("/auth/sessions/{id}")), url("/auth/sessions/others")];
    let form = url("/auth/sessions/revoke");
    for foreign in [("origin", "https://evil.example"), ("origin", "null"), ("sec-fetch-site", "cross-site")]
    {
        for url in &urls {
            let refused = devices.world.browser.send(Method::DELETE, url, &[foreign], "").await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{foreign:?}");
        }
        for id in [id.as_str(), "others"] {
            let body = format!("id={id}");
            let refused = devices.world.browser.send(Method::POST, &form, &[foreign, FORM], &body).await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{foreign:?}");
        }
    }
    assert_eq!(devices.statuses().await, (200, 200));
}

#[tokio::test]
async fn a_get_request_ends_no_session() {
    let mut devices = alice_twice().await;
    let id = devices.id_aside().await;
    for path in [&id, "others", "revoke"] {
        let answer = devices.world.get(&format!("/auth/sessions/{path}?id=others")).await;
        assert_eq!(answer.status, StatusCode::METHOD_NOT_ALLOWED, "{path}");
    }
    assert_eq!(devices.statuses().await, (200, 200));
}

#[tokio::test]
async fn a_plain_form_ends_one_or_all_other_sessions_and_returns_to_the_list() {
    let mut devices = alice_twice().await;
    let id = devices.id_aside().await;
    let posted = devices.world.post("/auth/sessions/revoke", &[("id", &id)]).await;
    assert_eq!((posted.status, posted.path().as_str()), (StatusCode::SEE_OTHER, "/session"));
    assert_eq!(devices.statuses().await, (200, 401));
    let again = devices.world.post("/auth/sessions/revoke", &[("id", &id)]).await;
    assert_eq!(again.path(), "/session", "the list shows that the session is gone");

    devices.swap();
    let begun = devices.world.begin("/").await;
    devices.world.browser.follow(begun).await;
    let posted = devices.world.post("/auth/sessions/revoke", &[("id", "others")]).await;
    assert_eq!(posted.path(), "/session");
    assert_eq!(devices.statuses().await, (200, 401));

    let own = devices.own_id().await;
    let posted = devices.world.post("/auth/sessions/revoke", &[("id", &own)]).await;
    assert_eq!(posted.path(), "/session");
    assert!(posted.set_cookies()[0].contains("Max-Age=0"));
    assert_eq!(devices.world.get("/session").await.path(), "/login?callbackUrl=%2Fsession");
}

#[tokio::test]
async fn an_invalid_form_is_refused_and_ends_no_session() {
    let mut devices = alice_twice().await;
    for fields in [&[][..], &[("id", "others"), ("scope", "all")], &[("id", "others"), ("id", "others")]] {
        let refused = devices.world.post("/auth/sessions/revoke", fields).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    assert_eq!(devices.statuses().await, (200, 200));
}

#[tokio::test]
async fn an_unavailable_store_is_a_503_and_not_an_empty_list() {
    let mut devices = alice_twice().await;
    let id = devices.id_aside().await;
    let value = devices.world.browser.cookie(&devices.world.app.url, "app.session").unwrap();
    let auth = devices.world.app.auth.clone();
    let SessionState::SignedIn(Session { key, record, .. }) = auth.sessions().resolve(&value).await.unwrap()
    else {
        panic!("not signed in")
    };
    devices.world.app.lose_store().await;
    let own = auth.sessions().session(key, record);
    assert!(auth.sessions().devices(&own).await.is_err());
    assert!(auth.sessions().end_device(&own, &id).await.is_err());
    for answer in [devices.world.get("/auth/sessions").await, devices.delete("others").await] {
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(answer.headers["retry-after"], "5");
        assert!(answer.set_cookies().is_empty());
    }
}
