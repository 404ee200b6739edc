//! A failed start prints its cause in one line and exits.

use crate::support::{Main, program};
use futures::future::join_all;
use http::StatusCode;
use test_support::{Browser, TestProvider, process::Port};
use tokio::net::TcpListener;

const ISSUER: &str = "http://auth.wow.localhost:1";

/// Starts the app with `store_url` and these variables. Returns the one line that it prints before it exits
/// with code 1.
async fn refusal(store_url: &str, vars: &[(&str, &str)]) -> String {
    let port = Port::reserve();
    let mut program = program(&port, ISSUER, store_url);
    for (name, value) in vars {
        program = program.var(name, *value);
    }
    let (code, output) = program.run().await;
    assert_eq!((code, output.lines().count()), (Some(1), 1), "{output}");
    output
}

#[tokio::test]
async fn a_store_that_is_down_is_named_without_its_password() {
    // Nothing listens on port 1.
    for url in ["postgres://me:hunter2@127.0.0.1:1/s", "redis://me:hunter2@127.0.0.1:1"] {
        let line = refusal(url, &[]).await;
        assert!(line.starts_with("SESSION_STORE_URL: ") && line.contains("127.0.0.1:1"), "{line}");
        assert!(!line.contains("hunter2"), "{line}");
    }
    let line = refusal("sqlite:///nowhere/at/all/sessions.db", &[]).await;
    assert!(line.starts_with("SESSION_STORE_URL: ") && line.contains("/nowhere/at/all"), "{line}");
}

#[tokio::test]
async fn a_proxy_in_the_environment_is_not_used_for_this_machine() {
    let port = Port::reserve();
    let origin = port.origin();
    let provider = TestProvider::start_in_real_time(&[&origin], |_| {}).await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
    let mut program = program(&port, &issuer, "memory:");
    for name in ["HTTP_PROXY", "http_proxy", "HTTPS_PROXY", "ALL_PROXY", "all_proxy"] {
        program = program.var(name, "http://127.0.0.1:1");
    }
    let main = Main::start(program, port).await;
    let page = provider.sign_in(&mut Browser::new(), &main.url, "alice").await.unwrap();
    assert!(page.status == StatusCode::OK && page.body.contains("Alice Adams"), "{}", page.body);
}

#[tokio::test]
async fn a_start_fails_when_the_store_never_answers() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = silent.local_addr().unwrap();
    let urls = ["postgres", "redis"].map(|scheme| format!("{scheme}://me:hunter2@{address}/"));
    for line in join_all(urls.iter().map(|url| refusal(url, &[]))).await {
        assert!(line.starts_with("SESSION_STORE_URL: ") && line.contains("does not answer"), "{line}");
    }
}

#[tokio::test]
async fn a_file_that_is_not_a_database_is_named_and_left_unchanged() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes.txt");
    let notes = "no database at all\n".repeat(300);
    std::fs::write(&path, &notes).unwrap();
    let line = refusal(&format!("sqlite://{}", path.display()), &[]).await;
    assert!(line.starts_with("SESSION_STORE_URL: ") && line.contains("notes.txt"), "{line}");
    assert_eq!(std::fs::read_to_string(&path).unwrap(), notes);
}

#[tokio::test]
async fn a_bad_variable_is_named_and_a_secret_not_shown() {
    for (name, value) in [
        ("AUTH_SECRET", "hunter2"),
        ("AUTH_SESION_MAX_AGE", "60"),
        ("AUTH_DEMO_ISSUER", "http://op.example"),
        ("PUBLIC_URL", "localhost"),
        ("AUTH_METRICS_ADDR", "9464"),
        ("AUTH_METRICS_ADDR", "http://127.0.0.1:9464"),
    ] {
        let line = refusal("memory:", &[(name, value)]).await;
        assert!(line.starts_with(&format!("{name}: ")) && !line.contains("hunter2"), "{line}");
    }
}

#[tokio::test]
async fn a_taken_port_is_named() {
    let taken = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let line = refusal("memory:", &[("LEPTOS_SITE_ADDR", &address)]).await;
    assert!(line.starts_with("LEPTOS_SITE_ADDR: ") && line.contains(&address), "{line}");
    let line = refusal("memory:", &[("AUTH_METRICS_ADDR", &address)]).await;
    assert!(line.starts_with("AUTH_METRICS_ADDR: ") && line.contains(&address), "{line}");
}

#[tokio::test]
async fn log_lines_are_json_unless_text_is_asked_for() {
    for (format, is_json) in [(None, true), (Some("json"), true), (Some("text"), false)] {
        let port = Port::reserve();
        let provider = TestProvider::start_in_real_time(&[&port.origin()], |_| {}).await;
        let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
        let mut program = program(&port, &issuer, "memory:");
        if let Some(format) = format {
            program = program.var("AUTH_LOG_FORMAT", format);
        }
        let main = Main::start(program, port).await;
        provider.sign_in(&mut Browser::new(), &main.url, "alice").await.unwrap();
        let output = main.process.output();
        let signed_in = output.lines().find(|line| line.contains("signed in")).unwrap();
        let parsed = serde_json::from_str::<serde_json::Value>(signed_in);
        assert_eq!(parsed.is_ok(), is_json, "{signed_in}");
        if let Ok(line) = parsed {
            assert_eq!((&line["level"], &line["provider"]), (&"INFO".into(), &"demo".into()), "{line}");
        }
    }
}
