//! Silent sign-in of an app on another domain, through identity.

use super::{SIGNED_IN, SIGNED_OUT, World, params, way_of, world, world_with_provider};
use http::{Method, StatusCode};
use test_support::Browser;

impl World {
    /// Signs in at identity, so that the provider knows this browser.
    pub(super) async fn with_expired_app_session(&mut self) {
        let begun = self.browser.post(&self.identity.at("/auth/signin/demo"), &[]).await;
        let login = self.browser.follow(begun).await;
        let answer = self.provider.continue_as(&mut self.browser, &login, "alice").await;
        self.browser.follow(answer).await;
        assert_eq!(self.status().await, SIGNED_OUT, "the app stays signed out");
    }

    /// Opens the app's protected page in a tab. Returns where each answer came from, and the final page.
    async fn open(&mut self) -> (Vec<String>, String) {
        let pages = self.browser.open(&self.app.at("/protected?tab=2")).await;
        let page = pages.last().unwrap().body.clone();
        let known =
            [(&self.app.url, "app"), (&self.identity.url, "identity"), (&self.provider.issuer, "provider")];
        (way_of(&pages, &known), page)
    }
}

#[tokio::test]
async fn a_known_user_is_signed_in_silently_on_another_domain() {
    let mut world = world().await;
    world.with_expired_app_session().await;
    let (way, page) = world.open().await;
    assert_eq!(
        way,
        [
            "app /protected",
            "app /auth/silent",
            "identity /authorize",
            "provider /authorize",
            "identity /auth/callback/demo",
            "app /auth/callback/demo",
            "app /protected",
        ]
    );
    assert_eq!(page, "protected page");
    assert_eq!(world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn an_unknown_user_lands_on_the_sign_in_page_and_is_not_sent_again() {
    let mut world = world().await;
    let (way, _) = world.open().await;
    assert_eq!(
        way[2..].join(", "),
        "identity /authorize, provider /authorize, identity /auth/callback/demo, app /auth/callback/demo, app /login"
    );
    assert_eq!(world.open().await.0, ["app /protected", "app /login"]);
}

#[tokio::test]
async fn a_local_sign_out_is_not_undone() {
    let mut world = world().await;
    world.with_expired_app_session().await;
    world.open().await;
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;
    assert_eq!(world.open().await.0, ["app /protected", "app /login"]);
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn prompt_none_passes_through_identity_unchanged() {
    let mut world = world().await;
    let guarded = world.browser.navigate(&world.app.at("/protected")).await;
    let begun = world.browser.navigate(&guarded.location().unwrap()).await;
    let asked = params(&begun.location().unwrap());
    assert_eq!(asked["prompt"], "none");
    let passed_on = world.browser.navigate(&begun.location().unwrap()).await;
    assert_eq!(params(&passed_on.location().unwrap())["prompt"], "none");
    // Without cookies the flow stops at the sign-in page.
    let refused = Browser::new().navigate(&guarded.location().unwrap()).await;
    assert_eq!(
        (refused.status, refused.path().as_str()),
        (StatusCode::SEE_OTHER, "/login?callbackUrl=%2Fprotected")
    );
}

#[tokio::test]
async fn a_cross_site_frame_is_sent_back_without_asking_the_provider() {
    let mut world = world().await;
    world.with_expired_app_session().await;
    let frame = |site| [("accept", "text/html"), ("sec-fetch-dest", "iframe"), ("sec-fetch-site", site)];
    let check = world.app.at("/auth/check-session");
    let begun = world.browser.send(Method::GET, &check, &frame("same-origin"), "").await;
    let to_identity = begun.location().unwrap();
    let back = world.browser.send(Method::GET, &to_identity, &frame("cross-site"), "").await;
    let callback = back.location().unwrap();
    assert_eq!((back.status, back.set_cookies().len()), (StatusCode::SEE_OTHER, 0), "nothing is stored");
    assert_eq!(callback.origin(), world.app.url.origin());
    assert_eq!(params(&callback)["error"], "login_required");
    let end = world.browser.send(Method::GET, &callback, &frame("cross-site"), "").await;
    assert!(end.body.contains("data-result=\"unavailable\""), "{}", end.body);
    assert_eq!(world.status().await, SIGNED_OUT);
    // A frame of the same site is passed on to the provider.
    let passed_on = world.browser.send(Method::GET, &to_identity, &frame("same-site"), "").await;
    assert_eq!(passed_on.location().unwrap().origin(), world.provider.issuer.origin());
}

#[tokio::test]
async fn a_silent_attempt_carries_the_hint_of_identitys_own_session() {
    let mut world = world_with_provider(|config| config.requires_hint = true).await;
    world.with_expired_app_session().await;
    let (_, page) = world.open().await;
    assert_eq!(page, "protected page", "the provider insists on the hint");
    let asked = world.provider.provider.last_authorization().unwrap();
    assert_eq!(asked.get("id_token_hint").map(String::as_str), Some("present"));

    // A sign-in by hand, and a browser without a session at identity, have no hint.
    let mut stranger = World { browser: Browser::new(), ..world };
    stranger.open().await;
    let asked = stranger.provider.provider.last_authorization().unwrap();
    assert_eq!((asked["prompt"].as_str(), asked.contains_key("id_token_hint")), ("none", false));
}

#[tokio::test]
async fn a_provider_without_silent_sign_in_is_not_asked() {
    let prompts = ["login", "select_account"].map(str::to_owned).to_vec();
    let mut world = world_with_provider(|config| config.prompt_values = Some(prompts)).await;
    world.with_expired_app_session().await;
    let before = world.provider.provider.last_authorization();
    let (way, _) = world.open().await;
    assert_eq!(way.last().unwrap(), "app /login");
    assert!(!way.iter().any(|step| step.starts_with("provider")), "{way:?}");
    assert_eq!(world.provider.provider.last_authorization(), before);

    // An app that asks anyway, such as an older version, is sent straight back.
    let mut asked = world.identity.at("/authorize");
    asked.query_pairs_mut().extend_pairs([
        ("source_url", world.app.url.origin().ascii_serialization().as_str()),
        ("provider", "demo"),
        ("state", "s"),
        ("nonce", "n"),
        ("code_challenge", "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM"),
        ("code_challenge_method", "S256"),
        ("prompt", "none"),
    ]);
    let back = world.browser.navigate(&asked).await.location().unwrap();
    let answer = params(&back);
    assert_eq!(back.origin(), world.app.url.origin());
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("login_required", "s"));
}
