//! Tests of the program: its error messages at start, and its shutdown.
#![expect(clippy::unwrap_used, reason = "tests")]

use p256::pkcs8::{EncodePublicKey as _, LineEnding};
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::TcpListener;
use std::process::{Command, Output, Stdio};

fn program(listen: &str) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_dev-provider"));
    command
        .env_clear()
        .env("DEV_PROVIDER_CLIENT_SECRET", "a-secret")
        .env(
            "DEV_PROVIDER_REDIRECT_URI",
            "http://localhost:4200/auth/callback/demo,http://identity.wow.localhost:4200/x",
        )
        .env("DEV_PROVIDER_DATA_DIR", concat!(env!("CARGO_TARGET_TMPDIR"), "/dev-provider"))
        .env("DEV_PROVIDER_LISTEN", listen)
        .stderr(Stdio::piped());
    command
}

/// Returns stderr. Checks that it is one line and that the exit code is 1.
fn refusal(output: &Output) -> String {
    let text = String::from_utf8(output.stderr.clone()).unwrap();
    assert_eq!(output.status.code(), Some(1), "{text}");
    assert_eq!(text.lines().count(), 1, "{text}");
    text
}

#[test]
fn a_taken_port_is_named_in_one_line() {
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let addr = taken.local_addr().unwrap();
    let text = refusal(&program(&addr.to_string()).output().unwrap());
    assert!(text.contains(&format!("port {} is taken", addr.port())), "{text}");
}

#[test]
fn an_invalid_value_is_reported_with_its_variable() {
    for (variable, value) in [
        ("DEV_PROVIDER_CLIENT_SECRET", ""),
        ("DEV_PROVIDER_ISSUER", "nonsense"),
        ("DEV_PROVIDER_ISSUER", "http://auth.example/path"),
        ("DEV_PROVIDER_LISTEN", "nonsense"),
        ("DEV_PROVIDER_REDIRECT_URI", "nonsense"),
        ("DEV_PROVIDER_REDIRECT_URI", "javascript:alert(1)"),
        ("DEV_PROVIDER_ACCESS_TOKEN_TTL", "0"),
        ("DEV_PROVIDER_DATA_DIR", "/dev/null/folder"),
        ("DEV_PROVIDER_PERSONALITY", "nonsense"),
        ("DEV_PROVIDER_FEDERATED_VIA", "http://login.example/path"),
        ("DEV_PROVIDER_APP_ORIGIN", "http://localhost:4201/path"),
        ("DEV_PROVIDER_CLIENT_PUBLIC_KEY", "/dev/null/key.pem"),
        ("DEV_PROVIDER_CLIENT_PUBLIC_KEY", "/dev/null"),
    ] {
        let text = refusal(&program("127.0.0.1:0").env(variable, value).output().unwrap());
        assert!(text.contains(variable), "{variable}={value}: {text}");
    }
}

#[test]
fn a_public_host_is_refused_unless_this_is_a_public_demo() {
    let public = || {
        let mut command = program("127.0.0.1:0");
        command.env("DEV_PROVIDER_ISSUER", "https://auth.example.com");
        command
    };
    let text = refusal(&public().output().unwrap());
    assert!(text.contains("DEV_PROVIDER_ISSUER") && text.contains("--public-demo"), "{text}");
    let text = refusal(&public().args(["--public-demo", "--faults"]).output().unwrap());
    assert!(text.contains("DEV_PROVIDER_FAULTS"), "{text}");
    let text = refusal(&public().args(["--public-demo", "--personality", "apple"]).output().unwrap());
    assert!(text.contains("DEV_PROVIDER_PERSONALITY"), "{text}");

    let mut running = public().arg("--public-demo").spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")));
    running.kill().unwrap();
    running.wait().unwrap();
}

#[test]
fn help_names_every_variable_and_no_option_takes_the_secret() {
    let output = program("127.0.0.1:0").arg("--help").output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success());
    assert!(text.contains("DEV_PROVIDER_ISSUER") && text.contains("DEV_PROVIDER_CLIENT_SECRET"));
    assert!(!text.contains("--client-secret"));
}

#[test]
fn a_client_with_a_public_key_needs_no_secret() {
    let key = p256::ecdsa::SigningKey::from_slice(&[1; 32]).unwrap();
    let mut file = tempfile::NamedTempFile::new().unwrap();
    file.write_all(key.verifying_key().to_public_key_pem(LineEnding::LF).unwrap().as_bytes()).unwrap();
    let mut running = program("127.0.0.1:0")
        .env_remove("DEV_PROVIDER_CLIENT_SECRET")
        .env("DEV_PROVIDER_PERSONALITY", "apple")
        .arg("--client-public-key")
        .arg(file.path())
        .args(["--apple-team-id", "TEAM", "--apple-key-id", "KEY"])
        .spawn()
        .unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")));
    running.kill().unwrap();
    running.wait().unwrap();
    let text = refusal(&program("127.0.0.1:0").args(["--apple-team-id", "TEAM"]).output().unwrap());
    assert!(text.contains("--apple-key-id") && text.contains("--client-public-key"), "{text}");
}

#[test]
fn the_program_stops_on_sigterm() {
    let mut running = program("127.0.0.1:0").spawn().unwrap();
    let mut lines = BufReader::new(running.stderr.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap().contains("ready")));
    let asked = Command::new("kill").arg(running.id().to_string()).status().unwrap();
    assert!(asked.success());
    assert!(running.wait().unwrap().success());
}
