//! A failed start prints its cause in one line and exits. The commands answer and end.
#![cfg(target_os = "linux")]
#![expect(clippy::unwrap_used, reason = "tests")]

use std::{fs, path::Path};
use test_support::process::{Port, ProcessCommand};
use tokio::net::TcpListener;

const REGISTRY: &str =
    "[[app]]\nclient_id = 'partner'\nname = 'Partner'\norigins = ['http://partner.localhost:1']";

/// Starts identity with this registry and these variables. Returns the one line that it prints before it
/// exits with code 1.
async fn refusal(registry: &str, vars: &[(&str, &str)]) -> String {
    let (port, folder) = (Port::reserve(), tempfile::tempdir().unwrap());
    let (code, output) = program(&port, folder.path(), registry, vars).run().await;
    assert_eq!((code, output.lines().count()), (Some(1), 1), "{output}");
    output
}

/// The program, with its registry in `folder`.
fn program(port: &Port, folder: &Path, registry: &str, vars: &[(&str, &str)]) -> ProcessCommand {
    let apps_file = folder.join("apps.toml");
    fs::write(&apps_file, registry).unwrap();
    let mut program = ProcessCommand::new(env!("CARGO_BIN_EXE_identity"), [""; 0])
        .var("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", port.number()))
        .var("PUBLIC_URL", port.origin().origin().ascii_serialization())
        .var("AUTH_SECRET", "a secret for the tests of identity")
        .var("AUTH_DEMO_ID", "demo")
        .var("AUTH_DEMO_ISSUER", "http://auth.wow.localhost:1")
        .var("SESSION_STORE_URL", "memory:")
        .var("APPS_FILE", apps_file.to_str().unwrap());
    for (name, value) in vars {
        program = program.var(name, *value);
    }
    program
}

#[tokio::test]
async fn a_store_that_is_down_is_named_without_its_password() {
    // Nothing listens on port 1.
    let line = refusal(REGISTRY, &[("SESSION_STORE_URL", "redis://me:hunter2@127.0.0.1:1")]).await;
    assert!(line.starts_with("SESSION_STORE_URL: ") && line.contains("127.0.0.1:1"), "{line}");
    assert!(!line.contains("hunter2"), "{line}");
}

#[tokio::test]
async fn a_bad_variable_is_named_and_a_secret_not_shown() {
    let wrong = [
        ("AUTH_SECRET", "hunter2"),
        ("AUTH_GOGLE_ISSUER", "https://op.example"),
        ("APPS_FILE", "/nowhere/apps.toml"),
    ];
    for (name, value) in wrong {
        let line = refusal(REGISTRY, &[(name, value)]).await;
        assert!(line.starts_with(&format!("{name}: ")) && !line.contains("hunter2"), "{line}");
    }
}

#[tokio::test]
async fn a_bad_registry_is_named() {
    let line = refusal(&REGISTRY.replace("http://partner.localhost:1", "partner"), &[]).await;
    assert!(line.starts_with("APPS_FILE: ") && line.contains("apps.toml"), "{line}");
    // The message of the TOML parser can have several lines; identity prints one.
    let line = refusal("[[app]]\nclient_id = \n", &[]).await;
    assert!(line.starts_with("APPS_FILE: "), "{line}");
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refusal(REGISTRY, &[("LEPTOS_SITE_ADDR", &address)]).await;
    assert!(line.starts_with("LEPTOS_SITE_ADDR: ") && line.contains(&address), "{line}");
}

#[tokio::test]
async fn the_check_asks_the_apps_of_the_registry() {
    let (port, folder) = (Port::reserve(), tempfile::tempdir().unwrap());
    let registry =
        format!("{REGISTRY}\nbackchannel_logout_uri = 'http://partner.localhost:1/auth/backchannel-logout'");
    let check = program(&port, folder.path(), &registry, &[]).args(&["check"]);
    let (code, output, _) = check.answer().await;
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("ok       APPS_FILE: 1 apps"), "{output}");
    assert!(output.contains("error    app partner, backchannel_logout_uri: "), "{output}");
}

#[tokio::test]
async fn the_store_of_identity_is_migrated_apart() {
    let (port, folder) = (Port::reserve(), tempfile::tempdir().unwrap());
    let url = format!("sqlite://{}", folder.path().join("identity.db").display());
    let vars = [("SESSION_STORE_URL", url.as_str()), ("AUTH_STORE_MIGRATE", "0")];
    let line = refusal(REGISTRY, &vars).await;
    assert!(line.starts_with("SESSION_STORE_URL: ") && line.contains("migrate"), "{line}");
    let migrate = program(&port, folder.path(), REGISTRY, &vars).args(&["migrate"]);
    assert_eq!(
        migrate.answer().await,
        (Some(0), format!("migrated from 0 to {}\n", auth::store::SCHEMA_VERSION), String::new())
    );
}
