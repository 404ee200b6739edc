//! Random requests to all of identity's endpoints (`make fuzz` runs longer).

use super::*;
use crate::server::Messenger;
use test_support::fuzz::{COMMON_PATHS, Target, fuzz};

/// The paths of identity, in addition to [`COMMON_PATHS`].
const PATHS: [&str; 10] = [
    "/authorize",
    "/hub",
    "/hub.js",
    "/userinfo",
    "/.well-known/jwks.json",
    "/handoff/partner",
    "/handoff/unknown",
    "/auth/logout",
    "/auth/signed-in",
    "/auth/external/handoff/verify",
];
const FIELDS: [&str; 21] = [
    "source_url",
    "provider",
    "state",
    "nonce",
    "code_challenge",
    "code_challenge_method",
    "prompt",
    "callbackUrl",
    "code",
    "iss",
    "error",
    "opening",
    "client_id",
    "client_secret",
    "sid",
    "sub",
    "receipt",
    "logout_token",
    "handoff_token",
    "scope",
    "open",
];

#[tokio::test]
async fn random_requests_find_no_fault() {
    let world = world().await;
    let url = world.identity.url.clone();
    let options = serve::leptos_options("identity", ([127, 0, 0, 1], 0).into());
    let auth = &world.identity.auth;
    let app = "[[app]]\nclient_id = 'partner'\nname = 'Partner'\norigins = ['http://partner.localhost:9']\n\
               client_secret_env = 'PARTNER'\nhandoff = true";
    let registry = Arc::new(Registry::parse(app, |_| Some(APP_SECRET.to_owned())).unwrap());
    let messenger = Messenger::new(auth).unwrap();
    let fan_out = FanOut::new(auth, registry.clone(), messenger.clone(), RetryPolicy::default());
    let announcer = Announcer::new(auth, registry.clone(), messenger.clone());
    let router = router(auth, registry, (messenger, fan_out, announcer), &options);
    let cookies =
        ["app.session=x", "app.flow.x=1.x", "app.browser=x", "app.silent=x"].map(str::to_owned).into();
    let host = url.authority().to_owned();
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let values =
        &["http://partner.localhost:9", "demo", "S256", challenge, "none", "partner", APP_SECRET, "/"];
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
