//! What identity does for pull-request previews, and what it refuses them. The journey is e2e `tls`.

use super::*;
use auth::store::Delivery;

/// An authorization request of the preview at `source`.
fn authorize(source: &str, provider: &str) -> String {
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    format!(
        "/authorize?source_url={source}&provider={provider}&state=s&nonce=n&code_challenge={challenge}\
         &code_challenge_method=S256"
    )
}

#[tokio::test]
async fn a_preview_signs_in_with_the_client_of_previews() {
    let mut world = world().await;
    for source in ["http://pr-7.preview.localhost:9", "http://pr-fix-typo.preview.localhost:9"] {
        let sent = world.browser.get(&world.identity.at(&authorize(source, "demo"))).await;
        assert_eq!(sent.status, StatusCode::FOUND, "{}", sent.body);
        assert_eq!(params(&sent.location().unwrap())["client_id"], "client-of-previews");
    }
    let app = world.begin().await;
    let sent = world.browser.get(&app.location().unwrap()).await;
    assert_eq!(params(&sent.location().unwrap())["client_id"], "demo", "other apps have identity's client");
}

#[tokio::test]
async fn only_one_label_of_the_pattern_is_open() {
    let mut world = world().await;
    for source in [
        "http://pr-.preview.localhost:9",
        "http://pr-7.evil.preview.localhost:9",
        "http://pr-7.preview.localhost:8",
        "https://pr-7.preview.localhost:9",
        "http://evil.pr-7.preview.localhost:9",
        "http://pr-*.preview.localhost:9",
    ] {
        let refused = world.browser.get(&world.identity.at(&authorize(source, "demo"))).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{source}");
        assert!(refused.body.contains("unregistered_source_url"), "{source}");
    }
}

#[tokio::test]
async fn a_preview_may_not_sign_users_out_of_other_apps() {
    let mut world = world().await;
    let form = [
        ("client_id", "previews"),
        ("client_secret", OTHER_SECRET),
        ("iss", "https://op.example"),
        ("sid", "1"),
    ];
    let refused = world.browser.post(&world.identity.at("/auth/logout"), &form).await;
    assert_eq!(refused.status, StatusCode::FORBIDDEN);
    assert!(refused.body.contains("not_for_previews"), "{}", refused.body);
    let now = world.identity.clock.now();
    let queued: Vec<Delivery> =
        world.identity.auth.outbox().take_due(now, now + chrono::TimeDelta::days(1), 100).await.unwrap();
    assert!(queued.is_empty(), "no app is told");
}

#[tokio::test]
async fn the_launcher_neither_lists_nor_opens_previews() {
    let mut world = world().await;
    let begun = world.browser.post(&world.identity.at("/auth/signin/demo"), &[("callbackUrl", "/")]).await;
    let login = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "alice").await;
    let launcher = world.browser.follow(answer).await;
    assert!(launcher.body.contains("Partner") && !launcher.body.contains("Previews"), "{}", launcher.body);
    let refused = world.browser.post(&world.identity.at("/handoff/previews"), &[]).await;
    assert!(refused.status.is_client_error(), "{}", refused.status);
}
