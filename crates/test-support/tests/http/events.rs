use crate::support::{World, world, world_with};
use auth::session::SessionState;
use auth_types::EndReason;
use chrono::TimeDelta;
use dev_provider::Fault;
use http::StatusCode;
use serde_json::json;
use test_support::{Browser, EventStream};

impl World {
    fn cookie_header(&self) -> String {
        let value = self.browser.cookie(&self.app.url, "app.session").unwrap_or_default();
        format!("app.session={value}")
    }

    async fn try_listen(&self) -> Result<EventStream, StatusCode> {
        EventStream::open(&self.app.at("/auth/events"), &self.cookie_header(), None).await
    }

    /// Opens an event stream and waits for the first heartbeat.
    async fn listen(&self) -> EventStream {
        let mut stream = self.try_listen().await.unwrap();
        assert_eq!(stream.next().await.unwrap().name, "heartbeat");
        stream
    }
}

#[tokio::test]
async fn without_a_session_no_stream_opens() {
    let mut world = world().await;
    assert_eq!(world.try_listen().await.err(), Some(StatusCode::UNAUTHORIZED));
    world.sign_in("/", "alice").await;
    let kept = world.cookie_header();
    world.post("/auth/signout", &[("scope", "local")]).await;
    let refused = EventStream::open(&world.app.at("/auth/events"), &kept, None).await;
    assert_eq!(refused.err(), Some(StatusCode::UNAUTHORIZED));
}

#[tokio::test]
async fn every_tab_hears_why_its_session_ended_and_then_the_stream_ends() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let mut tabs = [world.listen().await, world.listen().await];
    world.post("/auth/signout", &[("scope", "local")]).await;
    for tab in &mut tabs {
        let event = tab.next_non_heartbeat().await.unwrap();
        assert_eq!((event.name.as_str(), event.data), ("signed_out", json!({ "reason": "signed_out" })));
        assert!(event.id.parse::<i64>().is_ok());
        assert_eq!(tab.next().await, None);
    }
}

#[tokio::test]
async fn a_tab_hears_of_a_session_end_in_another_process() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let mut tab = world.listen().await;
    let other = world.app.replica().await;
    assert_eq!(other.sessions().log_out(world.logout_of_alice()).await.unwrap().len(), 1);
    let event = tab.next_non_heartbeat().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("signed_out", json!({ "reason": "revoked" })));
}

#[tokio::test]
async fn a_change_of_user_is_a_separate_event() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let mut tab = world.listen().await;
    let begun = world.post("/auth/signin/demo", &[("prompt", "login")]).await;
    let login = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "bob").await;
    world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(tab.next_non_heartbeat().await.unwrap().name, "user_changed");
    assert_eq!(tab.next().await, None);
}

#[tokio::test]
async fn a_silent_sign_in_detects_a_change_of_user_at_the_provider() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let alices = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let mut tab = world.listen().await;
    world.provider.faults().add_times(Fault::OtherUser, 1);
    let begun = world.post("/auth/signin/demo", &[("prompt", "none"), ("callbackUrl", "/protected")]).await;
    assert_eq!(world.browser.follow(begun).await.body, "protected page");
    assert_eq!(world.get("/auth/session").await.json()["user"]["name"], "Bob Brown");
    assert_eq!(tab.next_non_heartbeat().await.unwrap().name, "user_changed");
    assert_eq!(tab.next().await, None);
    let resolution = world.app.auth.sessions().resolve(&alices).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(EndReason::UserChanged))));
}

#[tokio::test]
async fn a_tab_hears_nothing_of_other_sessions() {
    let mut world = world().await;
    world.sign_in("/", "bob").await;
    let mut bobs = world.listen().await;
    let bobs_browser = std::mem::replace(&mut world.browser, Browser::new());
    world.sign_in("/", "alice").await;
    let mut alices = world.listen().await;
    world.post("/auth/signout", &[("scope", "local")]).await;
    assert_eq!(alices.next_non_heartbeat().await.unwrap().name, "signed_out");
    world.browser = bobs_browser;
    world.post("/api/renew-token", &[]).await;
    assert_eq!(bobs.next_non_heartbeat().await.unwrap().name, "changed", "his own event comes first");
}

#[tokio::test]
async fn a_tab_that_missed_events_gets_a_changed_event() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let url = world.app.at("/auth/events");
    let mut tab = EventStream::open(&url, &world.cookie_header(), Some("1")).await.unwrap();
    assert_eq!(tab.next().await.unwrap().name, "changed");
}

#[tokio::test]
async fn an_expiry_is_announced_and_listening_does_not_delay_it() {
    let mut world = world_with(vec![("AUTH_SESSION_MAX_AGE", "600".into())]).await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(599));
    let expires = world.get("/auth/session").await.json()["expires"].clone();
    let mut tab = world.try_listen().await.unwrap();
    let event = tab.next().await.unwrap();
    assert_eq!((event.name.as_str(), &event.data["expires"]), ("expiring", &expires));
    world.app.clock.advance(TimeDelta::seconds(1));
    let event = tab.next_non_heartbeat().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("signed_out", json!({ "reason": "expired" })));
}

#[tokio::test]
async fn the_number_of_streams_per_session_is_limited() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let mut open = Vec::new();
    let refused = loop {
        match world.try_listen().await {
            Ok(stream) => open.push(stream),
            Err(status) => break status,
        }
    };
    assert_eq!((refused, open.len()), (StatusCode::TOO_MANY_REQUESTS, 16));
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn a_server_that_stops_ends_its_streams() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let mut tab = world.listen().await;
    world.app.auth.streams().stop();
    assert_eq!(tab.next_non_heartbeat().await, None);
    assert_eq!(world.status().await, 200, "the session is kept");
}
