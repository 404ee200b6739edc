//! Random requests to all of the app's endpoints (`make fuzz` runs longer).

use super::*;
use test_support::fuzz::{COMMON_PATHS, Target, fuzz};

/// The paths of this app, in addition to [`COMMON_PATHS`].
const PATHS: [&str; 14] = [
    "/public",
    "/protected",
    "/dashboard",
    "/session",
    "/ssr-login",
    "/callback",
    "/handoff/start",
    "/handoff/confirm",
    "/auth/browser-event",
    "/auth/session-query",
    "/api/update-user-data",
    "/api/save-favourite-number",
    "/api/devices",
    "/api/end-session",
];
const FIELDS: [&str; 16] = [
    "callbackUrl",
    "error",
    "state",
    "code",
    "iss",
    "prompt",
    "login_hint",
    "scope",
    "ticket",
    "id",
    "choice",
    "handoff_token",
    "logout_token",
    "event_token",
    "number",
    "peek",
];

#[tokio::test]
async fn random_requests_find_no_fault() {
    let mut world = signed_in().await;
    let url = world.app.url.clone();
    let mut cookies = vec!["app.session=x".to_owned(), "app.flow.x=1.x".to_owned(), "app.ended=x".to_owned()];
    for user in 0..3 {
        let name = "app.session";
        cookies.push(format!("{name}={}", world.browser.cookie(&url, name).unwrap()));
        if user < 2 {
            world.browser = Browser::new();
            world.sign_in().await;
        }
    }
    for name in ["app.browser", "app.silent"] {
        cookies.push(format!("{name}={}", world.browser.cookie(&url, name).unwrap_or_default()));
    }
    let options = leptos_options("main", ([127, 0, 0, 1], 0).into());
    let router = router(&world.app.auth, &options);
    let host = url.authority().to_owned();
    let values = &["/dashboard", "none", "local", "global", "1", "others", "42"];
    let asked = fuzz(Target {
        router,
        host,
        paths: &[&COMMON_PATHS[..], &PATHS].concat(),
        fields: &FIELDS,
        values,
        cookies,
    })
    .await;
    assert!(asked > 50, "{asked}");
}
