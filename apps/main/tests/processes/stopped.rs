//! The app is down during a global sign-out, and identity is killed before it can deliver the logout. Once
//! both are back, the app refuses the session.

use crate::support::{Main, program};
use http::StatusCode;
use std::path::{Path, PathBuf};
use test_support::{
    Browser, TestProvider,
    process::{Port, ProcessCommand},
    until,
};

const APP_SECRET: &str = "the app's secret at identity, long enough";

/// The path of the identity app's program, beside the main app's. `make build` and every build of the
/// workspace make both.
fn identity_binary() -> PathBuf {
    let binary = Path::new(env!("CARGO_BIN_EXE_main")).with_file_name("identity");
    assert!(binary.exists(), "{} is missing: build the workspace first (`make build`)", binary.display());
    binary
}

#[tokio::test]
async fn an_app_that_was_down_refuses_the_session_soon_after_it_is_back() {
    let folder = tempfile::tempdir().unwrap();
    let store = |name: &str| format!("sqlite://{}", folder.path().join(name).display());
    let (identity_port, app_port) = (Port::reserve(), Port::reserve());
    let (identity_url, app_url) = (identity_port.origin(), app_port.origin());
    let text = |url: &url::Url| url.origin().ascii_serialization();
    let provider = TestProvider::start_in_real_time(&[&identity_url], |config| {
        config.clients[0].backchannel_logout_uri = identity_url.join("/auth/backchannel-logout").ok();
    })
    .await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();

    let registry = folder.path().join("apps.toml");
    let entry = format!(
        "[[app]]\nclient_id = 'app'\nname = 'App'\norigins = ['{app}']\nclient_secret_env = 'APP_SECRET'\n\
         backchannel_logout_uri = '{app}/auth/backchannel-logout'\n",
        app = text(&app_url),
    );
    std::fs::write(&registry, entry).unwrap();
    let identity = ProcessCommand::new(identity_binary(), [""; 0])
        .var("LEPTOS_SITE_ADDR", format!("127.0.0.1:{}", identity_port.number()))
        .var("PUBLIC_URL", text(&identity_url))
        .var("AUTH_SECRET", "a secret of the identity app, long enough")
        .var("AUTH_DEMO_ID", "demo")
        .var("AUTH_DEMO_SECRET", test_support::CLIENT_SECRET)
        .var("AUTH_DEMO_ISSUER", &issuer)
        .var("SESSION_STORE_URL", store("identity.db"))
        .var("APPS_FILE", registry.to_str().unwrap())
        .var("APP_SECRET", APP_SECRET);
    let app = program(&app_port, &issuer, &store("app.db"))
        .var("AUTH_REDIRECT_PROXY_URL", format!("{}/auth", text(&identity_url)))
        .var("AUTH_IDENTITY_ID", "app")
        .var("AUTH_IDENTITY_SECRET", APP_SECRET)
        // Revalidation would also end the session and hide a missed delivery.
        .var("AUTH_REVALIDATE_INTERVAL", "0");
    let mut identity = Main::start(identity, identity_port).await;
    let mut app = Main::start(app, app_port).await;

    let mut browser = Browser::new();
    let page = provider.sign_in(&mut browser, &app.url, "alice").await.unwrap();
    assert_eq!(page.status, StatusCode::OK, "{}", page.body);
    assert_eq!(app.status(&mut browser).await, 200);
    let cookie = browser.cookie(&app.url, "main.session").unwrap();

    app.process.kill();
    let logout = provider.issuer.join("/logout").unwrap();
    let confirm = browser.get(&logout).await.field("confirm").unwrap();
    assert_eq!(browser.post(&logout, &[("confirm", &confirm)]).await.status, StatusCode::OK);
    until("a delivery fails", async || identity.process.output().contains("logout delivery failed")).await;

    identity.process.kill();
    app.restart().await;
    let mut thief = Browser::new();
    thief.plant(&app.url, "main.session", &cookie);
    assert_eq!(app.status(&mut thief).await, 200, "the app has not received the logout yet");
    identity.restart().await;
    // `until` fails after a minute.
    until("the app refuses the session", async || {
        thief.plant(&app.url, "main.session", &cookie);
        app.status(&mut thief).await == 401
    })
    .await;
}
