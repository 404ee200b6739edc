//! An earlier version of the app and this one on one store, as during an update and after a rollback.
//!
//! `.ci/test-mixed-version` builds the earlier version and runs these tests.

use crate::support::{Main, program_at};
use http::StatusCode;
use test_support::{Browser, TestProvider, process::Port, services, until};

/// The variable with the path of the earlier program.
const EARLIER: &str = "EARLIER_MAIN";

/// Alice signs in at `one`: her session works at `other`, in both directions, and so does the sign-out.
async fn they_share_a_session(provider: &TestProvider, one: &Main, other: &Main) {
    let mut alice = Browser::new();
    let page = provider.sign_in(&mut alice, &one.url, "alice").await.unwrap();
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(other.status(&mut alice).await, 200);
    assert!(alice.get(&other.at("/protected")).await.body.contains("Alice Adams"));

    assert_eq!(other.save(&mut alice, 42).await.status, StatusCode::OK);
    until("the first program sees the change", async || one.saved(&mut alice).await == Some(42)).await;

    let kept = alice.cookie(&one.url, "main.session").unwrap();
    assert_eq!(other.sign_out(&mut alice).await.path(), "/signed-out");
    let mut thief = Browser::new();
    until("the first program refuses the session", async || {
        thief.plant(&one.url, "main.session", &kept);
        one.status(&mut thief).await == 401
    })
    .await;
}

async fn they_share_a_store(store_url: &str) {
    let earlier = std::env::var(EARLIER).ok();
    let earlier = earlier.unwrap_or_else(|| panic!("{EARLIER} is not set; run make test-mixed-version"));
    let ports = [Port::reserve(), Port::reserve()];
    let origins = ports.each_ref().map(Port::origin);
    let provider = TestProvider::start_in_real_time(&[&origins[0], &origins[1]], |_| {}).await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
    let [old, new] = ports;
    let old_program = program_at(&earlier, &old, &issuer, store_url);
    let new_program = program_at(env!("CARGO_BIN_EXE_main"), &new, &issuer, store_url);

    // The update: the earlier program works, and this one migrates the store.
    let mut old = Main::start(old_program, old).await;
    let mut before = Browser::new();
    provider.sign_in(&mut before, &old.url, "bob").await.unwrap();
    let new = Main::start(new_program, new).await;
    assert_eq!(new.status(&mut before).await, 200, "a session from before the update");
    they_share_a_session(&provider, &old, &new).await;
    they_share_a_session(&provider, &new, &old).await;
    // The rollback: the earlier program starts on the migrated store.
    old.process.kill();
    old.restart().await;
    they_share_a_session(&provider, &old, &new).await;
    they_share_a_session(&provider, &new, &old).await;
    assert_eq!(old.status(&mut before).await, 200);
}

#[tokio::test]
#[ignore = "make test-mixed-version builds the earlier program"]
async fn on_sqlite() {
    let folder = tempfile::tempdir().unwrap();
    they_share_a_store(&format!("sqlite://{}", folder.path().join("sessions.db").display())).await;
}

#[tokio::test]
#[ignore = "make test-mixed-version builds the earlier program"]
async fn on_postgres() {
    they_share_a_store(&services::new_database().await).await;
}

#[tokio::test]
#[ignore = "make test-mixed-version builds the earlier program"]
async fn on_redis() {
    they_share_a_store(&services::redis_url()).await;
}
