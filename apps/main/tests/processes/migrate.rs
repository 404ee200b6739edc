//! `main migrate`, and a start that leaves the schema as it is.

use crate::support::{Main, program};
use auth::store::SCHEMA_VERSION;
use test_support::{
    process::{Port, ProcessCommand},
    services,
};

const ISSUER: &str = "http://auth.wow.localhost:1";

/// The command, with no other variable than the store.
fn migrate(store_url: &str) -> ProcessCommand {
    ProcessCommand::new(env!("CARGO_BIN_EXE_main"), ["migrate"]).var("SESSION_STORE_URL", store_url)
}

async fn a_start_waits_for_the_migration(store_url: &str) {
    let port = Port::reserve();
    let program = program(&port, ISSUER, store_url).var("AUTH_STORE_MIGRATE", "0");
    let (code, line) = program.run().await;
    assert_eq!((code, line.lines().count()), (Some(1), 1), "{line}");
    assert!(line.starts_with("SESSION_STORE_URL: ") && line.contains("main migrate"), "{line}");
    let answer = async || migrate(store_url).answer().await;
    assert_eq!(answer().await, (Some(0), format!("migrated from 0 to {SCHEMA_VERSION}\n"), String::new()));
    assert_eq!(answer().await, (Some(0), format!("schema {SCHEMA_VERSION} is up to date\n"), String::new()));
    Main::start(program, port).await;
}

#[tokio::test]
async fn sqlite() {
    let folder = tempfile::tempdir().unwrap();
    a_start_waits_for_the_migration(&format!("sqlite://{}", folder.path().join("s.db").display())).await;
}

#[tokio::test]
async fn postgres() {
    a_start_waits_for_the_migration(&services::new_database().await).await;
}

#[tokio::test]
async fn redis_and_memory_have_no_schema() {
    for url in [services::redis_url().as_str(), "memory:"] {
        let (code, output, log) = migrate(url).answer().await;
        assert_eq!((code, log.as_str()), (Some(0), ""));
        assert!(output.contains("has no schema"), "{output}");
    }
}

#[tokio::test]
async fn a_failed_migration_is_one_line_without_the_password() {
    for url in [
        "postgres://me:hunter2@127.0.0.1:1/s",
        "sqlite:///nowhere/at/all/s.db",
        "mysql://me:hunter2@db/s",
        "",
    ] {
        let (code, output, line) = migrate(url).answer().await;
        assert_eq!((code, output.as_str(), line.lines().count()), (Some(1), "", 1), "{line}");
        assert!(line.starts_with("SESSION_STORE_URL: ") && !line.contains("hunter2"), "{line}");
    }
}
