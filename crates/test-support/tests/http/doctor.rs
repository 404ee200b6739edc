//! The command `check`, with providers and stores on sockets.

use auth::{
    clock::Clock,
    doctor::{Finding, Level, Report, check},
    store::SCHEMA_VERSION,
};
use axum::{Json, Router, routing::get};
use chrono::{DateTime, TimeDelta, Utc};
use http::header::DATE;
use serde_json::json;
use std::{collections::BTreeMap, path::Path, process::ExitCode};
use test_support::{App, AppOptions, CLIENT_SECRET, TestProvider, app_routes, bind, services};
use tokio::net::TcpListener;
use url::Url;

const SECRET: &str = "hunter2, a secret of at least thirty-two bytes";

/// Checks a program with these variables, and that the report shows no secret. Without others, everything is in order but
/// the provider and the public address, which do not answer.
async fn report(changes: &[(&str, &str)]) -> Report {
    let mut vars = BTreeMap::from([
        ("PUBLIC_URL", "http://localhost:1"),
        ("AUTH_SECRET", SECRET),
        ("AUTH_DEMO_ID", "demo"),
        ("AUTH_DEMO_SECRET", CLIENT_SECRET),
        ("AUTH_DEMO_ISSUER", "http://localhost:1"),
        ("SESSION_STORE_URL", "memory:"),
        ("AUTH_MAX_CONNECTIONS", "100"),
    ]);
    vars.extend(changes.iter().copied());
    let vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let report = check("main", vars, None).await;
    let text = report.to_string();
    assert!(!text.contains("hunter2") && !text.contains(CLIENT_SECRET), "{text}");
    report
}

fn of<'r>(report: &'r Report, subject: &str) -> &'r Finding {
    let found = report.findings.iter().find(|finding| finding.subject == subject);
    found.unwrap_or_else(|| panic!("nothing about {subject}:\n{report}"))
}

/// Asserts that the finding is an error with these words, and that the command fails.
fn assert_error(report: &Report, subject: &str, words: &[&str]) {
    let finding = of(report, subject);
    assert_eq!(finding.level, Level::Error, "{report}");
    for word in words {
        assert!(finding.to_string().contains(word), "{word}: {finding}");
    }
    assert_eq!(report.exit_code(), ExitCode::FAILURE);
}

fn text(url: &Url) -> String {
    url.as_str().trim_end_matches('/').to_owned()
}

fn sqlite(folder: &Path) -> String {
    format!("sqlite://{}", folder.join("sessions.db").display())
}

fn files(folder: &Path) -> Vec<(String, Vec<u8>)> {
    let mut files: Vec<_> = std::fs::read_dir(folder)
        .unwrap()
        .map(|file| file.unwrap().path())
        .map(|path| (path.display().to_string(), std::fs::read(path).unwrap()))
        .collect();
    files.sort();
    files
}

#[tokio::test]
async fn a_program_in_order_has_no_warning() {
    let folder = tempfile::tempdir().unwrap();
    let socket = bind().await;
    let url: Url = format!("http://localhost:{}", socket.1).parse().unwrap();
    let provider = TestProvider::start_in_real_time(&[&url], |_| {}).await;
    let store = sqlite(folder.path());
    auth::store::migrate(&store).await.unwrap();
    let options = AppOptions { vars: vec![("SESSION_STORE_URL", store.clone())], ..AppOptions::default() };
    let app = App::start(socket, &provider.issuer, Clock::system(), options, app_routes).await;
    let issuer = text(&provider.issuer);
    let vars =
        [("PUBLIC_URL", text(&app.url)), ("AUTH_DEMO_ISSUER", issuer.clone()), ("SESSION_STORE_URL", store)];
    let report = report(&vars.iter().map(|(name, value)| (*name, value.as_str())).collect::<Vec<_>>()).await;
    assert_eq!((report.count(Level::Error), report.count(Level::Warning)), (0, 0), "{report}");
    assert_eq!(report.exit_code(), ExitCode::SUCCESS);
    assert_eq!(of(&report, "store schema").found, format!("version {SCHEMA_VERSION} is up to date"));
    let provider: Vec<_> =
        report.findings.iter().filter(|finding| finding.subject == "provider demo").collect();
    assert_eq!(provider[0].found, format!("{issuer} answers, with 1 key"));
    assert_eq!(provider[1].found, "supports back-channel logout");
    assert_eq!(of(&report, "provider demo, clock").level, Level::Ok, "{report}");
    assert_eq!(of(&report, "PUBLIC_URL").found, format!("{} answers", text(&app.url)));
}

#[tokio::test]
async fn a_provider_that_is_down_is_an_error_and_other_checks_go_on() {
    let report = report(&[]).await;
    assert_error(&report, "provider demo", &["Connection refused", "AUTH_DEMO_ISSUER"]);
    assert_eq!(of(&report, "SESSION_STORE_URL").level, Level::Ok, "{report}");
    let address = of(&report, "PUBLIC_URL");
    assert_eq!(address.level, Level::Warning, "the program may not run yet");
    assert!(address.found.contains("Connection refused"), "{address}");
}

#[tokio::test]
async fn a_provider_that_never_answers_is_an_error_within_the_time_limit() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let issuer = format!("http://localhost:{}", silent.local_addr().unwrap().port());
    let report = report(&[("AUTH_DEMO_ISSUER", &issuer)]).await;
    assert_error(&report, "provider demo", &["timed out"]);
}

#[tokio::test]
async fn another_spelling_of_the_issuer_is_an_error_with_both() {
    let issuer = provider_ahead(TimeDelta::zero()).await;
    let wrong = issuer.replace("localhost", "op.localhost");
    let report = report(&[("AUTH_DEMO_ISSUER", &wrong)]).await;
    let expected = [wrong.as_str(), &format!("\"{issuer}\""), "AUTH_DEMO_ISSUER is", "exactly"];
    assert_error(&report, "provider demo", &expected);
}

#[tokio::test]
async fn a_provider_with_a_fault_is_an_error() {
    use dev_provider::{Endpoint, Fault};
    for endpoint in [Endpoint::Discovery, Endpoint::Jwks] {
        let provider = TestProvider::start_in_real_time(&[], |_| {}).await;
        provider.faults().add(Fault::Status500(endpoint));
        let report = report(&[("AUTH_DEMO_ISSUER", &text(&provider.issuer))]).await;
        assert_error(&report, "provider demo", &["500"]);
    }
}

/// Starts a provider whose clock is this far ahead; returns the issuer.
async fn provider_ahead(by: TimeDelta) -> String {
    let (listener, port) = bind().await;
    let issuer = format!("http://localhost:{port}");
    let metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    let date = move || {
        let now: DateTime<Utc> = Clock::system().now() + by;
        [(DATE, now.format("%a, %d %b %Y %H:%M:%S GMT").to_string())]
    };
    let router = Router::new()
        .route("/.well-known/openid-configuration", get(async move || (date(), Json(metadata))))
        .route("/jwks", get(async || Json(json!({ "keys": [] }))));
    tokio::spawn(async move { axum::serve(listener, router).await });
    issuer
}

#[tokio::test]
async fn the_clocks_of_provider_and_machine_are_compared() {
    // The tolerance of these programs is five minutes, so a slow machine does not matter.
    for (seconds, expected, words) in [
        (0, Level::Ok, "tolerance is 300 s"),
        (200, Level::Warning, "ahead of"),
        (-200, Level::Warning, "behind"),
        (3600, Level::Error, "ahead of"),
        (-3600, Level::Error, "behind"),
    ] {
        let issuer = provider_ahead(TimeDelta::seconds(seconds)).await;
        let report = report(&[("AUTH_DEMO_ISSUER", &issuer), ("AUTH_CLOCK_TOLERANCE", "300")]).await;
        let clock = of(&report, "provider demo, clock");
        assert_eq!(clock.level, expected, "{clock}");
        assert!(clock.found.contains(words), "{clock}");
        assert_error(&report, "provider demo", &["no keys"]);
        assert!(report.to_string().contains("does not list back-channel logout"), "{report}");
    }
}

#[tokio::test]
async fn a_store_that_is_down_is_an_error_without_its_password() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let silent = silent.local_addr().unwrap().to_string();
    for (address, word) in [("127.0.0.1:1", "refused"), (silent.as_str(), "does not answer")] {
        for scheme in ["postgres", "redis"] {
            let url = format!("{scheme}://me:hunter2@{address}/0");
            let report = report(&[("SESSION_STORE_URL", &url)]).await;
            assert_error(&report, "SESSION_STORE_URL", &[address, word]);
        }
    }
}

#[tokio::test]
async fn a_file_that_does_not_exist_is_not_created() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite(folder.path());
    let without = report(&[("SESSION_STORE_URL", &url)]).await;
    let schema = of(&without, "store schema");
    assert_eq!(schema.level, Level::Warning, "{schema}");
    assert!(schema.to_string().contains("run main migrate"), "{schema}");
    let refused = report(&[("SESSION_STORE_URL", &url), ("AUTH_STORE_MIGRATE", "0")]).await;
    assert_error(&refused, "store schema", &["run main migrate", "AUTH_STORE_MIGRATE is 0"]);
    assert!(files(folder.path()).is_empty());
    let nowhere = report(&[("SESSION_STORE_URL", "sqlite:///nowhere/at/all/x.db")]).await;
    assert_error(&nowhere, "SESSION_STORE_URL", &["/nowhere/at/all does not exist"]);
}

#[tokio::test]
async fn a_database_stays_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let url = sqlite(folder.path());
    auth::store::migrate(&url).await.unwrap();
    let before = files(folder.path());
    let report = report(&[("SESSION_STORE_URL", &url)]).await;
    assert_eq!(of(&report, "store schema").level, Level::Ok);
    assert_eq!(files(folder.path()), before);

    let notes = folder.path().join("notes.txt");
    std::fs::write(&notes, "no database at all\n".repeat(300)).unwrap();
    let before = files(folder.path());
    let url = format!("sqlite://{}", notes.display());
    let report = self::report(&[("SESSION_STORE_URL", &url)]).await;
    assert_error(&report, "SESSION_STORE_URL", &["notes.txt", "not a database"]);
    assert_eq!(files(folder.path()), before);
}

#[tokio::test]
async fn an_older_schema_is_named_and_not_migrated() {
    let url = services::new_database().await;
    auth::store::migrate(&url).await.unwrap();
    services::execute(&url, &format!("DELETE FROM _sqlx_migrations WHERE version = {SCHEMA_VERSION}")).await;
    let (report, older) = (report(&[("SESSION_STORE_URL", &url)]).await, SCHEMA_VERSION - 1);
    let schema = of(&report, "store schema");
    assert_eq!(schema.level, Level::Warning);
    assert!(
        schema.found.contains(&format!("version {older} is older than this program's {SCHEMA_VERSION}")),
        "{schema}"
    );
    let steps = services::execute(&url, "SELECT FROM _sqlx_migrations").await;
    assert_eq!(i64::try_from(steps), Ok(older));
}

#[tokio::test]
async fn a_schema_that_a_later_program_changed_is_judged_by_its_contract() {
    let next = SCHEMA_VERSION + 1;
    let contract = format!("contract {next} user agent");
    for (name, level) in [("device names", Level::Ok), (contract.as_str(), Level::Error)] {
        let url = services::new_database().await;
        auth::store::migrate(&url).await.unwrap();
        let later = format!("INSERT INTO _sqlx_migrations VALUES ({next}, '{name}', now(), true, '', 0)");
        services::execute(&url, &later).await;
        let report = report(&[("SESSION_STORE_URL", &url)]).await;
        let schema = of(&report, "store schema");
        assert_eq!(schema.level, level, "{schema}");
        assert!(schema.found.contains(&format!("version {next}")), "{schema}");
    }
}

#[tokio::test]
async fn redis_answers_and_its_risky_settings_are_warnings() {
    let report = report(&[("SESSION_STORE_URL", &services::redis_url())]).await;
    assert_eq!(of(&report, "SESSION_STORE_URL").level, Level::Ok);
    // The server of these tests runs without an append-only file.
    let risk = of(&report, "store");
    assert_eq!(risk.level, Level::Warning);
    assert!(risk.to_string().ends_with("fix: set appendonly to yes"), "{risk}");
}

#[tokio::test]
async fn a_cookie_domain_that_browsers_refuse_is_an_error() {
    let report = report(&[("PUBLIC_URL", "https://shop.co.uk:1"), ("AUTH_COOKIE_DOMAIN", ".co.uk")]).await;
    assert_error(&report, "AUTH_COOKIE_DOMAIN", &["co.uk is a public suffix"]);
}

#[tokio::test]
async fn every_error_of_the_configuration_is_listed() {
    let report =
        report(&[("AUTH_SESION_MAX_AGE", "60"), ("AUTH_SECRET", "hunter2"), ("PUBLIC_URL", "")]).await;
    assert_error(&report, "AUTH_SESION_MAX_AGE", &["did you mean AUTH_SESSION_MAX_AGE?"]);
    assert_error(&report, "AUTH_SECRET", &["7 bytes"]);
    assert_error(&report, "PUBLIC_URL", &["is missing"]);
    assert_eq!(of(&report, "everything else").level, Level::Skipped);
}

#[tokio::test]
async fn a_preview_address_is_skipped_and_said_so() {
    let urls = "http://localhost:1,http://pr-*.preview.localhost:1";
    let report = report(&[("PUBLIC_URL", urls)]).await;
    let skipped: Vec<_> = report.findings.iter().filter(|finding| finding.level == Level::Skipped).collect();
    assert_eq!(skipped.len(), 1, "{report}");
    assert!(skipped[0].found.contains("http://pr-*.preview.localhost:1 stands for many"), "{report}");
}

#[tokio::test]
async fn a_proxy_that_changes_the_host_is_found() {
    let socket = bind().await;
    let provider = TestProvider::start_in_real_time(&[], |_| {}).await;
    let app = App::start(socket, &provider.issuer, Clock::system(), AppOptions::default(), app_routes).await;
    // The app answers for localhost only, so this name has the same effect as a proxy with another Host.
    let url = format!("http://other.localhost:{}", app.url.port().unwrap());
    let report = report(&[("PUBLIC_URL", &url)]).await;
    let address = of(&report, "PUBLIC_URL");
    assert_eq!(address.level, Level::Warning);
    assert!(address.to_string().contains("421") && address.to_string().contains("Host"), "{address}");
}

#[tokio::test]
async fn an_address_that_is_not_reached_is_a_warning_with_the_cause() {
    let (listener, port) = bind().await;
    tokio::spawn(async move { axum::serve(listener, Router::new()).await });
    for (url, cause) in [
        // This server speaks plain http.
        (format!("https://localhost:{port}"), "InvalidContentType"),
        ("https://no-such-name.invalid".to_owned(), "lookup"),
        (format!("http://localhost:{port}"), "404"),
    ] {
        let report = report(&[("PUBLIC_URL", &url)]).await;
        let address = report.findings.iter().find(|one| one.found.starts_with(&url)).unwrap();
        assert_eq!((address.subject.as_str(), address.level), ("PUBLIC_URL", Level::Warning));
        assert!(address.found.contains(cause), "{address}");
    }
}
