//! `identity check`, and the part of an app's check that asks identity.

use super::*;
use auth::doctor::{Finding, Level, Report, check};

const VARS: [(&str, &str); 4] = [
    ("AUTH_SECRET", "a secret of at least thirty-two bytes"),
    ("AUTH_DEMO_ID", "demo"),
    ("SESSION_STORE_URL", "memory:"),
    ("PUBLIC_URL", "http://localhost:1"),
];

fn of<'r>(report: &'r Report, subject: &str) -> &'r Finding {
    let found = report.findings.iter().find(|finding| finding.subject == subject);
    found.unwrap_or_else(|| panic!("nothing about {subject}:\n{report}"))
}

/// Checks an app of this world that signs in through identity, with these variables besides.
async fn check_app(world: &World, changes: &[(&str, &str)]) -> Report {
    let issuer = world.provider.issuer.as_str().trim_end_matches('/').to_owned();
    let identity = world.identity.url.as_str().trim_end_matches('/').to_owned();
    let proxy = format!("{identity}/auth");
    let mut vars: HashMap<&str, &str> = VARS.into_iter().collect();
    vars.extend([("AUTH_DEMO_ISSUER", issuer.as_str()), ("AUTH_REDIRECT_PROXY_URL", &proxy)]);
    vars.extend([("AUTH_IDENTITY_ID", "partner"), ("AUTH_IDENTITY_SECRET", APP_SECRET)]);
    vars.extend(changes.iter().copied());
    let vars = vars.into_iter().map(|(name, value)| (name.to_owned(), value.to_owned()));
    let report = check("main", vars, None).await;
    assert!(!report.to_string().contains(APP_SECRET));
    report
}

#[tokio::test]
async fn an_app_asks_identity_for_its_keys_settings_and_client() {
    let world = world().await;
    let report = check_app(&world, &[]).await;
    let subjects =
        ["AUTH_REDIRECT_PROXY_URL", "AUTH_IDENTITY_ISSUER", "AUTH_IDENTITY_SECRET", "providers at identity"];
    for subject in subjects {
        assert_eq!(of(&report, subject).level, Level::Ok, "{report}");
    }
    assert_eq!(of(&report, "AUTH_IDENTITY_SECRET").found, "identity accepts the client partner");
    let report = check_app(&world, &[("AUTH_DEMO_SCOPES", "openid")]).await;
    let difference = of(&report, "providers at identity");
    assert_eq!(difference.level, Level::Warning);
    assert!(difference.found.starts_with("AUTH_DEMO_SCOPES is \"openid\" here"), "{difference}");
}

#[tokio::test]
async fn a_wrong_client_or_secret_is_an_error() {
    let world = world().await;
    let wrong = "another secret, which identity does not know";
    for change in [("AUTH_IDENTITY_SECRET", wrong), ("AUTH_IDENTITY_ID", "stranger")] {
        let report = check_app(&world, &[change]).await;
        let finding = of(&report, "AUTH_IDENTITY_SECRET");
        assert_eq!(finding.level, Level::Error, "{finding}");
        assert!(!report.to_string().contains(wrong));
    }
    let report = check_app(&world, &[("AUTH_IDENTITY_SECRET", "")]).await;
    assert_eq!(of(&report, "AUTH_IDENTITY_SECRET").level, Level::Warning);
}

#[tokio::test]
async fn an_identity_that_is_down_or_another_server_is_an_error() {
    let world = world().await;
    let report = check_app(&world, &[("AUTH_REDIRECT_PROXY_URL", "http://localhost:1/auth")]).await;
    for subject in ["AUTH_REDIRECT_PROXY_URL", "AUTH_IDENTITY_ISSUER"] {
        let finding = of(&report, subject);
        assert_eq!(finding.level, Level::Error, "{finding}");
        assert!(finding.found.contains("Connection refused"), "{finding}");
    }
    for subject in ["AUTH_IDENTITY_SECRET", "providers at identity"] {
        assert_eq!(of(&report, subject).level, Level::Skipped, "{report}");
    }
    let app = world.app.url.as_str().trim_end_matches('/');
    let report = check_app(&world, &[("AUTH_IDENTITY_ISSUER", app)]).await;
    assert_eq!(of(&report, "AUTH_IDENTITY_ISSUER").level, Level::Error, "an app has no such keys");
}

/// Checks identity with this registry.
async fn check_identity(registry: &str) -> Report {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("apps.toml");
    std::fs::write(&path, registry).unwrap();
    let more = [("AUTH_DEMO_ISSUER", "http://localhost:1"), ("APPS_FILE", path.to_str().unwrap())];
    let vars = VARS.into_iter().chain(more);
    let vars = vars.map(|(name, value)| (name.to_owned(), value.to_owned()));
    check("identity", vars, Some(check_registry)).await
}

#[tokio::test]
async fn identity_asks_every_address_of_its_apps() {
    let world = world().await;
    let mut events = world.app.auth.sessions().events();
    let app = world.app.url.as_str().trim_end_matches('/');
    let report = check_identity(&format!(
        "[[app]]\nclient_id = 'partner'\nname = 'Partner'\norigins = ['{app}']\n\
         backchannel_logout_uri = '{app}/auth/backchannel-logout'\n\
         browser_event_uri = '{app}/auth/browser-event'\n\
         [[app]]\nclient_id = 'previews'\nname = 'Previews'\npreview = true\n\
         origins = ['http://pr-*.preview.localhost']\n[app.providers.demo]\nclient_id = 'previews'\n\
         [[app]]\nclient_id = 'dead'\nname = 'Dead'\norigins = ['http://dead.localhost:1']\n\
         backchannel_logout_uri = 'http://dead.localhost:1/auth/backchannel-logout'\n\
         [[app]]\nclient_id = 'plain'\nname = 'Plain'\norigins = ['http://plain.localhost:1']\n\
         [[app]]\nclient_id = 'lost'\nname = 'Lost'\norigins = ['{app}']\n\
         backchannel_logout_uri = '{app}/auth/backchannel-logot'\n",
    ))
    .await;
    assert_eq!(of(&report, "APPS_FILE").found, "5 apps");
    for subject in ["app partner, backchannel_logout_uri", "app partner, browser_event_uri"] {
        assert_eq!(of(&report, subject).level, Level::Ok, "{report}");
    }
    let skipped = of(&report, "app previews");
    assert_eq!(skipped.level, Level::Skipped);
    assert!(skipped.found.contains("pr-*.preview.localhost"), "{skipped}");
    let dead = of(&report, "app dead, backchannel_logout_uri");
    assert_eq!(dead.level, Level::Error);
    assert!(dead.found.contains("Connection refused"), "{dead}");
    assert_eq!(of(&report, "app plain").level, Level::Warning);
    let lost = of(&report, "app lost, backchannel_logout_uri");
    assert_eq!(lost.level, Level::Warning, "{lost}");
    assert!(lost.found.contains("404"), "{lost}");
    assert!(events.try_recv().is_err(), "the check ended no session");
}

#[tokio::test]
async fn a_registry_with_an_error_is_an_error() {
    for registry in ["[[app]]", "[[app]]\nclient_id = 'a'\nname = 'A'\norigins = []"] {
        let report = check_identity(registry).await;
        assert_eq!(of(&report, "APPS_FILE").level, Level::Error, "{report}");
    }
}
