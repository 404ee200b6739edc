//! `main check`, as an operator runs it: beside a running app, and before anything runs.

use crate::support::{Main, program};
use std::path::Path;
use test_support::{TestProvider, process::Port};

const ISSUER: &str = "http://auth.wow.localhost:1";

fn names(folder: &Path) -> Vec<String> {
    let mut names: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().file_name().into_string().unwrap())
        .collect();
    names.sort();
    names
}

#[tokio::test]
async fn a_running_app_in_order_has_exit_code_0() {
    let (port, folder) = (Port::reserve(), tempfile::tempdir().unwrap());
    let provider = TestProvider::start_in_real_time(&[&port.origin()], |_| {}).await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
    let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
    let program = program(&port, &issuer, &url).var("AUTH_MAX_CONNECTIONS", "50");
    let check = program.clone().args(&["check"]);
    let main = Main::start(program, port).await;
    let before = names(folder.path());
    let (code, output, log) = check.answer().await;
    assert_eq!((code, log.as_str()), (Some(0), ""), "{output}");
    assert!(output.ends_with(" ok, 0 skipped, 0 warnings, 0 errors\n"), "{output}");
    assert_eq!(names(folder.path()), before, "no file is left behind");
    drop(main);
}

#[tokio::test]
async fn errors_are_listed_with_exit_code_1_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}", folder.path().join("sessions.db").display());
    let secret = folder.path().join("secret");
    std::fs::write(&secret, "hunter2hunter2hunter2hunter2hunter2").unwrap();
    let port = Port::reserve();
    let check = program(&port, ISSUER, &url)
        .var("AUTH_SECRET", "")
        .var("AUTH_SECRET_FILE", secret.to_str().unwrap())
        .var("AUTH_STORE_MIGRATE", "0")
        .args(&["check"]);
    let (code, output, _) = check.answer().await;
    assert_eq!(code, Some(1), "{output}");
    for line in ["error    provider demo: ", "error    store schema: ", "warning  PUBLIC_URL: "] {
        assert!(output.lines().any(|found| found.starts_with(line)), "{line}: {output}");
    }
    assert!(output.contains("run main migrate"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
    assert_eq!(names(folder.path()), ["secret"]);
}

#[tokio::test]
async fn a_broken_configuration_is_listed() {
    let port = Port::reserve();
    let check = program(&port, ISSUER, "postgres://me:hunter2@127.0.0.1:1/s")
        .var("AUTH_SESION_MAX_AGE", "60")
        .var("AUTH_SECRET", "hunter2")
        .args(&["check"]);
    let (code, output, _) = check.answer().await;
    assert_eq!(code, Some(1), "{output}");
    assert!(output.contains("error    AUTH_SESION_MAX_AGE: is not a setting"), "{output}");
    assert!(output.contains("error    AUTH_SECRET: is 7 bytes long"), "{output}");
    assert!(!output.contains("hunter2"), "{output}");
}

#[tokio::test]
async fn unknown_arguments_have_exit_code_2() {
    let port = Port::reserve();
    for arguments in [&["check", "--fix"][..], &["repair"], &["migrate", "now"]] {
        let (code, output, log) = program(&port, ISSUER, "memory:").args(arguments).answer().await;
        assert_eq!((code, output.as_str(), log.lines().count()), (Some(2), "", 1), "{log}");
    }
}
