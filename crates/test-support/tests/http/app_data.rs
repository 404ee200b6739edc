//! The app's session data, changed over HTTP and through Rust calls.

use crate::support::{World, world, world_with_options};
use auth::session::{Session, SessionState, UpdateError};
use auth_types::{AppData, EndReason, Invalid};
use chrono::TimeDelta;
use futures::future::join_all;
use http::{Method, StatusCode};
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use test_support::{AppOptions, Page};

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
struct Profile {
    colour: String,
    number: u32,
    changes: u32,
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields, default)]
struct Change {
    colour: Option<String>,
    number: Option<u32>,
}

#[derive(Debug, Default, PartialEq, Serialize, Deserialize)]
struct Shown {
    colour: String,
    number: u32,
}

impl AppData for Profile {
    type Update = Change;
    type Public = Shown;

    fn apply(&mut self, change: &Change) -> Result<(), Invalid> {
        self.changes += 1;
        if let Some(number) = change.number {
            self.number = number;
        }
        if change.colour.as_deref() == Some("grue") {
            return Err(Invalid::new("colour", "is the name of a known colour"));
        }
        self.colour = change.colour.clone().unwrap_or(std::mem::take(&mut self.colour));
        Ok(())
    }

    fn public(&self) -> Shown {
        Shown { colour: self.colour.clone(), number: self.number }
    }
}

/// The session data of an earlier app version: `colour` was a number.
#[derive(Default, Serialize, Deserialize)]
struct OldProfile {
    colour: u32,
}

impl AppData for OldProfile {
    type Update = u32;
    type Public = ();

    fn apply(&mut self, colour: &u32) -> Result<(), Invalid> {
        self.colour = *colour;
        Ok(())
    }

    fn public(&self) {}
}

async fn alice() -> World {
    let configure = |builder: auth::AuthBuilder| builder.app_data::<Profile>();
    let options = AppOptions { configure: Arc::new(configure), ..AppOptions::default() };
    let mut world = world_with_options(options, None).await;
    world.sign_in("/", "alice").await;
    world
}

impl World {
    async fn found(&self) -> Session {
        let cookie = self.browser.cookie(&self.app.url, "app.session").unwrap();
        let SessionState::SignedIn(Session { key, record, .. }) =
            self.app.auth.sessions().resolve(&cookie).await.unwrap()
        else {
            panic!("not signed in")
        };
        self.app.auth.sessions().session(key, record)
    }

    async fn update(&mut self, body: &str) -> Page {
        let url = self.app.at("/api/update-user-data");
        self.browser.send(Method::POST, &url, &[("content-type", "application/json")], body).await
    }
}

#[tokio::test]
async fn forty_concurrent_changes_in_two_processes_are_all_kept() {
    let world = alice().await;
    let session = world.found().await;
    let other = world.app.replica().await;
    let changes = (1..=40).map(|round| {
        let (auth, session) = (if round % 4 < 2 { &world.app.auth } else { &other }, &session);
        let change = match round % 2 {
            0 => Change { colour: Some(format!("colour {round}")), number: None },
            _ => Change { number: Some(round), colour: None },
        };
        async move { auth.update_data::<Profile>(session, &change).await }
    });
    join_all(changes).await.into_iter().for_each(|changed| drop(changed.unwrap()));
    let profile = world.found().await.data::<Profile>();
    assert_eq!(profile.changes, 40);
    assert!(profile.colour.starts_with("colour ") && profile.number % 2 == 1, "{profile:?}");
}

#[tokio::test]
async fn app_data_survives_a_token_refresh_and_a_session_extension() {
    let mut world = alice().await;
    world.update(r#"{"colour": "red", "number": 7}"#).await;
    world.app.clock.advance(TimeDelta::seconds(100));
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    assert_eq!(world.post("/api/renew-token", &[]).await.status, StatusCode::OK);
    let shown = world.get("/auth/session").await.json()["user"].clone();
    assert_eq!((&shown["colour"], &shown["number"]), (&"red".into(), &7.into()));
    assert_eq!(shown.get("changes"), None, "`changes` is not public");
    assert_eq!(world.found().await.data::<Profile>().changes, 1);
}

#[tokio::test]
async fn a_value_that_breaks_the_apps_rule_is_refused_and_nothing_is_changed() {
    let mut world = alice().await;
    let refused = world.update(r#"{"number": 7, "colour": "grue"}"#).await;
    assert_eq!(refused.status, StatusCode::UNPROCESSABLE_ENTITY);
    assert_eq!(refused.json()["message"], "colour is the name of a known colour");
    assert_eq!(world.found().await.data::<Profile>(), Profile::default());
}

#[tokio::test]
async fn data_too_large_for_a_session_is_refused_and_nothing_is_changed() {
    let mut world = alice().await;
    let refused = world.update(&format!(r#"{{"colour": "{}"}}"#, "x".repeat(5000))).await;
    assert_eq!(refused.status, StatusCode::PAYLOAD_TOO_LARGE);
    assert_eq!(refused.json()["error"], "user_data_too_large");
    assert_eq!(world.found().await.data::<Profile>(), Profile::default());
}

#[tokio::test]
async fn a_change_after_the_session_has_ended_is_refused() {
    let mut world = alice().await;
    let session = world.found().await;
    world.app.auth.sessions().end(&session.key, EndReason::Revoked).await.unwrap();
    let late = world.app.auth.update_data::<Profile>(&session, &Change::default()).await;
    assert!(matches!(late, Err(UpdateError::SignedOut)));
    let late = world.update(r#"{"number": 7}"#).await;
    assert_eq!((late.status, late.json()["error"].as_str()), (StatusCode::UNAUTHORIZED, Some("signed_out")));
}

#[tokio::test]
async fn data_of_another_shape_reads_as_the_default_and_the_session_is_kept() {
    let mut world = alice().await;
    let session = world.found().await;
    world.app.auth.update_data::<OldProfile>(&session, &7).await.unwrap();
    assert_eq!(world.status().await, 200);
    assert_eq!(world.found().await.data::<Profile>(), Profile::default());
    assert_eq!(world.get("/auth/session").await.json()["user"]["colour"], "");
    assert_eq!(world.update(r#"{"colour": "red"}"#).await.json()["colour"], "red");
}

#[tokio::test]
async fn without_a_store_a_change_gets_503_and_not_401() {
    let mut world = alice().await;
    let session = world.found().await;
    world.app.lose_store().await;
    let failed = world.app.auth.update_data::<Profile>(&session, &Change::default()).await;
    assert!(matches!(failed, Err(UpdateError::Unavailable(_))));
    let failed = world.update(r#"{"number": 7}"#).await;
    assert_eq!(
        (failed.status, failed.headers["retry-after"].as_bytes()),
        (StatusCode::SERVICE_UNAVAILABLE, &b"5"[..])
    );
}

#[tokio::test]
async fn without_app_data_the_update_endpoint_is_not_found() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    assert_eq!(world.update("{}").await.status, StatusCode::NOT_FOUND);
}
