//! Activity reports from tabs, and the idle limit.

use crate::support::{World, world, world_with};
use auth::session::{Session, SessionState};
use auth_types::EndReason;
use chrono::TimeDelta;
use http::{Method, StatusCode};
use serde_json::{Value, json};
use test_support::EventStream;

/// An app with an idle limit of ten minutes.
async fn idle_world() -> World {
    // No revalidation: the clock jumps in these tests, possibly past the deadline of a refresh in progress.
    world_with(vec![("AUTH_IDLE_TIMEOUT", "600".into()), ("AUTH_REVALIDATE_INTERVAL", "0".into())]).await
}

impl World {
    fn now(&self) -> i64 {
        self.app.clock.now().timestamp_millis()
    }

    fn wait(&self, seconds: i64) {
        self.app.clock.advance(TimeDelta::seconds(seconds));
    }

    /// Reports activity that happened `ago` seconds ago.
    async fn beacon(&mut self, ago: i64) -> Value {
        let page = self.post("/auth/activity", &[("ago", &(ago * 1_000).to_string())]).await;
        assert_eq!(page.status, StatusCode::OK, "{}", page.body);
        page.json()
    }

    async fn expire(&mut self, last_activity: i64) -> (StatusCode, Value) {
        let page = self.post("/auth/idle", &[("last_activity", &last_activity.to_string())]).await;
        (page.status, page.json())
    }
}

#[tokio::test]
async fn activity_keeps_the_session_and_polls_do_not() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    for _ in 0..3 {
        world.wait(500);
        let times = world.beacon(0).await;
        let now = world.now();
        assert_eq!(times, json!({ "now": now, "last_activity": now, "expires": now + 600_000 }));
    }
    for _ in 0..6 {
        world.wait(100);
        world.get("/auth/session").await;
    }
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn activity_counts_from_its_own_time_and_never_shortens_the_session() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    let begun = world.now();
    world.wait(300);
    assert_eq!(world.beacon(100).await["last_activity"], begun + 200_000);
    assert_eq!(world.beacon(250).await["last_activity"], begun + 200_000, "an older report changes nothing");
    assert_eq!(world.beacon(86_000).await["last_activity"], begun + 200_000);
    world.wait(499);
    assert_eq!(world.status().await, 200);
    world.wait(1);
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn recorded_activity_renews_the_session_cookie() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    world.wait(300);
    let page = world.post("/auth/activity", &[("ago", "0")]).await;
    let cookies = page.set_cookies();
    assert!(cookies.len() == 1 && cookies[0].contains("Max-Age=2592000"), "{cookies:?}");
    world.app.clock.advance(TimeDelta::milliseconds(10));
    let page = world.post("/auth/activity", &[("ago", "0")]).await;
    assert!(page.set_cookies().is_empty(), "without a write, the cookie is not renewed");
}

#[tokio::test]
async fn a_signed_out_invalid_or_foreign_report_changes_nothing() {
    let mut world = idle_world().await;
    let page = world.post("/auth/activity", &[("ago", "0")]).await;
    assert_eq!((page.status, page.body.as_str()), (StatusCode::OK, "null"));
    assert_eq!(world.expire(0).await, (StatusCode::OK, json!({ "ended": true })));
    world.sign_in("/", "alice").await;
    world.wait(300);
    let (activity, idle) = (world.app.at("/auth/activity"), world.app.at("/auth/idle"));
    for fields in
        [&[][..], &[("ago", "-1")], &[("ago", "x")], &[("ago", "86400001")], &[("ago", "0"), ("a", "b")]]
    {
        let page = world.browser.post(&activity, fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    for fields in [&[][..], &[("last_activity", "soon")], &[("last_activity", "9223372036854775807")]] {
        let page = world.browser.post(&idle, fields).await;
        assert_eq!(page.status, StatusCode::BAD_REQUEST, "{fields:?}");
    }
    for url in [&activity, &idle] {
        let form = ("content-type", "application/x-www-form-urlencoded");
        let foreign = [form, ("origin", "https://evil.example")];
        let page = world.browser.send(Method::POST, url, &foreign, "ago=0&last_activity=0").await;
        assert_eq!(page.status, StatusCode::FORBIDDEN);
        let own = world.app.url.origin().ascii_serialization();
        let json = [("content-type", "application/json"), ("origin", own.as_str())];
        let page = world.browser.send(Method::POST, url, &json, "{}").await;
        assert_eq!(page.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
        assert_eq!(world.browser.get(url).await.status, StatusCode::METHOD_NOT_ALLOWED);
    }
    world.wait(299);
    assert_eq!(world.status().await, 200);
    world.wait(1);
    assert_eq!(world.status().await, 401, "no refused request counts as activity");
}

#[tokio::test]
async fn a_tab_that_finds_the_user_idle_ends_the_session_for_all_tabs() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    let begun = world.now();
    let cookie = world.browser.cookie(&world.app.url, "app.session").unwrap();
    world.wait(600);
    assert_eq!(world.expire(begun).await, (StatusCode::OK, json!({ "ended": true })));
    assert_eq!(world.expire(begun).await, (StatusCode::OK, json!({ "ended": true })), "another tab");
    let resolution = world.app.auth.sessions().resolve(&cookie).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(EndReason::Idle))), "{resolution:?}");
    let late = world.post("/auth/activity", &[("ago", "0")]).await;
    assert_eq!((late.status, late.body.as_str()), (StatusCode::OK, "null"));
    assert!(late.set_cookies().is_empty(), "a late report sets no cookie");
}

#[tokio::test]
async fn a_tab_with_outdated_activity_ends_no_session() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    let begun = world.now();
    world.wait(590);
    world.beacon(0).await;
    world.wait(10);
    let now = world.now();
    let times = |error: &str| json!({ "error": error, "now": now, "last_activity": begun + 590_000, "expires": begun + 1_190_000 });
    assert_eq!(world.expire(begun).await, (StatusCode::CONFLICT, times("newer_activity")));
    assert_eq!(world.expire(begun + 590_000).await, (StatusCode::CONFLICT, times("not_idle")), "too early");
    assert_eq!(
        world.expire(now + 86_400_000).await,
        (StatusCode::CONFLICT, times("not_idle")),
        "the tab's clock is a day ahead"
    );
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn activity_in_another_process_counts_here_at_once() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    let cookie = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let url = world.app.at("/auth/events");
    let mut tab = EventStream::open(&url, &format!("app.session={cookie}"), None).await.unwrap();
    let begun = world.now();
    let first = tab.next().await.unwrap();
    assert_eq!((first.name.as_str(), &first.data["last_activity"]), ("heartbeat", &json!(begun)));
    let other = world.app.replica().await;
    let Ok(SessionState::SignedIn(Session { key, record, .. })) = other.sessions().resolve(&cookie).await
    else {
        panic!("not signed in")
    };
    world.wait(599);
    let noted = other.sessions().note_activity(&key, &record, TimeDelta::zero()).await.unwrap();
    assert!(noted.is_some());
    world.wait(2);
    // The bus is not needed here: the app reads a cached session that seems expired from the store again.
    assert_eq!(world.status().await, 200);
    loop {
        let event = tab.next().await.unwrap();
        assert_eq!(event.name, "heartbeat");
        if event.data["last_activity"] == json!(begun + 599_000) {
            break;
        }
    }
}

#[tokio::test]
async fn near_the_end_a_tab_gets_the_expiry_and_a_heartbeat() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    world.wait(550);
    let cookie = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let url = world.app.at("/auth/events");
    let mut tab = EventStream::open(&url, &format!("app.session={cookie}"), None).await.unwrap();
    let names = [tab.next().await.unwrap().name, tab.next().await.unwrap().name];
    assert_eq!(names, ["expiring", "heartbeat"]);
}

#[tokio::test]
async fn without_an_idle_limit_activity_is_still_recorded() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.wait(86_400);
    let now = world.now();
    assert_eq!(world.beacon(0).await["last_activity"], now);
    let (status, answer) = world.expire(now).await;
    assert_eq!((status, &answer["error"]), (StatusCode::CONFLICT, &json!("not_idle")));
}

#[tokio::test]
async fn activity_reports_get_503_without_a_store_and_the_cookie_is_kept() {
    let mut world = idle_world().await;
    world.sign_in("/", "alice").await;
    world.wait(300);
    world.app.lose_store().await;
    for (path, field) in [("/auth/activity", "ago"), ("/auth/idle", "last_activity")] {
        let page = world.post(path, &[(field, "0")]).await;
        assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(page.headers.contains_key("retry-after") && page.set_cookies().is_empty());
    }
}
