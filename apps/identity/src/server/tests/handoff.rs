//! The handoff over HTTP: from identity's launcher into an app, which opens already signed in.

use super::*;
use auth::session::{Session, SessionState};
use chrono::TimeDelta;
use serde_json::{Value, json};
use std::future::ready;

impl World {
    /// Signs in at identity.
    pub(super) async fn at_identity(&mut self, user: &str) {
        let begun = self.browser.post(&self.identity.at("/auth/signin/demo"), &[]).await;
        let login = self.browser.follow(begun).await;
        // The provider may have a session already; it then does not ask.
        if login.field("transaction").is_some() {
            let answer = self.provider.continue_as(&mut self.browser, &login, user).await;
            self.browser.follow(answer).await;
        }
    }

    /// Signs Alice in at the app and Bob at identity, in one browser. The cookies of the provider are lost in
    /// between, because a provider that changes its user ends the sessions of the previous user.
    pub(super) async fn alice_there_and_bob_here(&mut self) {
        let answer = self.at_provider().await;
        self.browser.follow(answer).await;
        let alice = self.browser.cookie(&self.app.url, "app.session").unwrap();
        self.browser = Browser::new();
        self.browser.plant(&self.app.url, "app.session", &alice);
        self.at_identity("bob").await;
    }

    /// Presses "Open" and goes on to the address with the token, without opening it.
    pub(super) async fn minted(&mut self) -> Url {
        self.minted_for(&[]).await
    }

    pub(super) async fn minted_for(&mut self, fields: &[(&str, &str)]) -> Url {
        let pressed = self.browser.post(&self.identity.at("/handoff/partner"), fields).await;
        assert_eq!(pressed.status, StatusCode::OK, "{}", pressed.body);
        let started = self.browser.get(&pressed.location().unwrap()).await;
        let minted = self.browser.get(&started.location().unwrap()).await;
        assert_eq!((minted.status, minted.body.as_str()), (StatusCode::SEE_OTHER, ""));
        assert_eq!(minted.headers["cache-control"], "no-store");
        assert_eq!(minted.headers["referrer-policy"], "no-referrer");
        let url = minted.location().unwrap();
        assert_eq!((url.origin(), url.path()), (self.app.url.origin(), "/callback"));
        url
    }

    /// Opens the app for the user signed in at identity, all the way.
    pub(super) async fn opened(&mut self) -> Page {
        let url = self.minted().await;
        let arrived = self.browser.get(&url).await;
        self.browser.follow(arrived).await
    }

    /// Redeems a token at identity, as an app with this id and secret.
    pub(super) async fn verify(&self, minted: &Url, id: &str, secret: &str) -> Page {
        let minted = params(minted);
        let (token, state) = (&minted["handoff_token"], &minted["state"]);
        self.verify_json(&json!({ "handoff_token": token, "state": state, "client_id": id }), id, secret)
            .await
    }

    pub(super) async fn verify_json(&self, body: &Value, id: &str, secret: &str) -> Page {
        let url = self.identity.at("/auth/external/handoff/verify");
        let basic = self.identity.auth.http().post_form(&url, String::new(), Some((id, secret)));
        let basic = basic.headers()["authorization"].to_str().unwrap().to_owned();
        let headers = [("content-type", "application/json"), ("authorization", basic.as_str())];
        Browser::new().send(Method::POST, &url, &headers, &body.to_string()).await
    }

    /// The name of the user, as the app reports it.
    pub(super) async fn user(&mut self) -> Value {
        self.browser.get(&self.app.at("/auth/session")).await.json()["user"]["name"].clone()
    }

    /// The record of the session that this browser has at `app`.
    pub(super) async fn record(&self, app: &App) -> std::sync::Arc<auth::session::SessionRecord> {
        let cookie = self.browser.cookie(&app.url, "app.session").unwrap();
        match app.auth.sessions().resolve(&cookie).await.unwrap() {
            SessionState::SignedIn(Session { record, .. }) => record,
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn an_app_on_another_domain_opens_already_signed_in() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    assert_eq!(params(&url)["handoff_token"].len(), 43);
    let arrived = world.browser.get(&url).await;
    assert_eq!((arrived.status, arrived.body.as_str()), (StatusCode::SEE_OTHER, ""));
    assert_eq!(arrived.path(), "/callback", "the same address without the two parameters");
    assert_eq!(arrived.headers["cache-control"], "no-store");
    assert_eq!(arrived.headers["referrer-policy"], "no-referrer");
    assert!(arrived.set_cookies().iter().any(|cookie| cookie.starts_with("app.session=")));
    assert_eq!(world.browser.follow(arrived).await.body, "start page");
    assert_eq!(world.status().await, SIGNED_IN);
    assert_eq!(world.user().await, "Alice Adams");
    let (there, here) = (world.record(&world.identity).await, world.record(&world.app).await);
    assert!(here.sid.is_some());
    assert_eq!((&here.issuer, &here.subject, &here.sid), (&there.issuer, &there.subject, &there.sid));
    assert!(here.absolute_expires_at <= there.absolute_expires_at);
}

#[tokio::test]
async fn the_way_back_and_every_other_parameter_are_kept() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let mut url = world.minted_for(&[("callbackUrl", "/protected?tab=2&x=%2F")]).await;
    url.query_pairs_mut().append_pair("utm", "a b");
    let arrived = world.browser.get(&url).await;
    assert_eq!(arrived.path(), "/callback?callbackUrl=%2Fprotected%3Ftab%3D2%26x%3D%252F&utm=a+b");
    let page = world.browser.follow(arrived).await;
    assert_eq!(page.url.as_str(), world.app.at("/protected?tab=2&x=%2F").as_str());
    assert_eq!(page.body, "protected page");
}

#[tokio::test]
async fn a_return_path_off_origin_leads_to_the_start_page() {
    let mut world = world().await;
    world.at_identity("alice").await;
    for path in ["//evil.example", "https://evil.example", "/\\evil.example", "/%0d%0aSet-Cookie: a=b"] {
        let mut url = world.minted_for(&[("callbackUrl", path)]).await;
        assert!(!url.as_str().contains("evil"), "identity leaves the path out: {url}");
        url.query_pairs_mut().append_pair("callbackUrl", path);
        let arrived = world.browser.get(&url).await;
        let page = world.browser.follow(arrived).await;
        assert_eq!(page.url.as_str(), world.app.at("/").as_str(), "{path}");
    }
}

#[tokio::test]
async fn a_visitor_without_a_session_at_identity_signs_in_on_the_way() {
    let mut world = world().await;
    let pressed = world.browser.post(&world.identity.at("/handoff/partner"), &[]).await;
    let login = world.browser.follow(pressed).await;
    assert_eq!(login.url.origin(), world.identity.url.origin());
    let callback = params(&login.url)["callbackUrl"].clone();
    let begun =
        world.browser.post(&world.identity.at("/auth/signin/demo"), &[("callbackUrl", &callback)]).await;
    let at_provider = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &at_provider, "alice").await;
    let page = world.browser.follow(answer).await;
    assert_eq!(page.url.as_str(), world.app.at("/").as_str());
    assert_eq!(world.user().await, "Alice Adams");
}

#[tokio::test]
async fn a_user_known_to_the_provider_is_signed_in_silently_on_the_way() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    world.browser.follow(answer).await;
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;
    assert_eq!(world.status().await, SIGNED_OUT);
    let pressed = world.browser.post(&world.identity.at("/handoff/partner"), &[]).await;
    let pages = world.browser.open(&pressed.location().unwrap()).await;
    assert!(pages.iter().any(|page| page.url.path() == "/auth/silent"));
    assert!(pages.iter().all(|page| page.url.path() != "/login"));
    assert_eq!(pages.last().unwrap().url.as_str(), world.app.at("/").as_str());
    assert_eq!(world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn the_launcher_asks_the_provider_first_and_shows_its_apps_either_way() {
    let mut world = world().await;
    let home = world.identity.at("/");
    let pages = world.browser.open(&home).await;
    assert!(pages.iter().any(|page| page.url.path() == "/auth/silent"));
    let page = pages.last().unwrap();
    assert_eq!((page.url.as_str(), page.status), (home.as_str(), StatusCode::OK));
    assert!(page.body.contains("Open Partner") && page.body.contains("Signed out"), "{}", page.body);
    assert_eq!(world.browser.open(&home).await.len(), 1, "once per browser session");

    let mut known = Browser::new();
    let url = world.app.at("/auth/signin/demo");
    let begun = known.post(&url, &[]).await;
    let login = known.follow(begun).await;
    let answer = world.provider.continue_as(&mut known, &login, "alice").await;
    known.follow(answer).await;
    let pages = known.open(&home).await;
    assert!(pages.last().unwrap().body.contains("Alice Adams"));
}

#[tokio::test]
async fn the_launcher_opens_only_apps_with_handoff_and_its_forms_lead_to_identity_only() {
    let mut world = world().await;
    let page = world.browser.get(&world.identity.at("/?open=partner")).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains("form-action 'self';"), "{policy}");
    assert!(
        page.body.contains(r#"action="/handoff/partner""#)
            && page.body.contains(r#"action="/handoff/other""#)
    );
    assert!(!page.body.contains("/handoff/closed"));
    assert!(page.body.contains("A link brought you here"));
    for open in ["unknown", "<script>"] {
        let url = world.identity.at(&format!("/?open={open}"));
        assert!(!world.browser.get(&url).await.body.contains("A link brought you here"), "{open}");
    }
}

#[tokio::test]
async fn an_existing_session_with_the_same_sid_is_kept() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    world.browser.follow(answer).await;
    world.at_identity("alice").await;
    let before = world.record(&world.app).await;
    let page = world.opened().await;
    assert_eq!(page.body, "start page");
    assert_eq!(
        world.record(&world.app).await.public_id,
        before.public_id,
        "the existing session has tokens, a handed-over one has none"
    );
}

#[tokio::test]
async fn opening_an_app_where_another_user_is_signed_in_asks_first() {
    let mut world = world().await;
    world.alice_there_and_bob_here().await;
    let url = world.minted_for(&[("callbackUrl", "/protected")]).await;
    let arrived = world.browser.get(&url).await;
    let confirm = arrived.location().unwrap();
    assert_eq!(confirm.path(), "/handoff/confirm");
    assert!(!arrived.set_cookies().iter().any(|cookie| cookie.starts_with("app.session=")));
    let page = world.browser.get(&confirm).await;
    for text in ["Alice Adams", "Bob Brown", "Stay as Alice Adams", "Go on as Bob Brown"] {
        assert!(page.body.contains(text), "{text}: {}", page.body);
    }
    assert!(page.headers["content-security-policy"].to_str().unwrap().contains("form-action 'self'"));
    assert_eq!(world.user().await, "Alice Adams");

    // Neither another browser nor another site can answer the question.
    let (form, state) = (world.app.at("/handoff/confirm"), page.field("state").unwrap());
    let fields = [("state", state.as_str()), ("choice", "switch")];
    let stranger = Browser::new().post(&form, &fields).await;
    assert_eq!(stranger.path(), "/login?error=invalid_state");
    let foreign = [("origin", "https://evil.example"), ("content-type", "application/x-www-form-urlencoded")];
    let body = format!("state={state}&choice=switch");
    let foreign = world.browser.send(Method::POST, &form, &foreign, &body).await;
    assert_eq!(foreign.status, StatusCode::FORBIDDEN);
    let neither = world.browser.post(&form, &[("state", &state), ("choice", "both")]).await;
    assert_eq!(neither.status, StatusCode::BAD_REQUEST);
    assert_eq!(world.user().await, "Alice Adams");

    let before = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let switched = world.browser.post(&form, &fields).await;
    assert_eq!(switched.path(), "/callback?callbackUrl=%2Fprotected");
    assert_eq!(world.user().await, "Bob Brown");
    let resolution = world.app.auth.sessions().resolve(&before).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(auth_types::EndReason::UserChanged))));
    let again = world.browser.post(&form, &fields).await;
    assert_eq!(again.path(), "/login?error=invalid_state", "once");
}

#[tokio::test]
async fn staying_keeps_the_session_and_an_answer_after_five_minutes_is_refused() {
    let mut world = world().await;
    world.alice_there_and_bob_here().await;
    let form = world.app.at("/handoff/confirm");
    let ask = async |world: &mut World| {
        let url = world.minted().await;
        let arrived = world.browser.get(&url).await;
        params(&arrived.location().unwrap())["state"].clone()
    };
    let state = ask(&mut world).await;
    let stayed = world.browser.submit(&form, &[("state", &state), ("choice", "stay")]).await;
    assert_eq!(stayed.path(), "/callback");
    assert_eq!(world.user().await, "Alice Adams");
    let state = ask(&mut world).await;
    world.app.clock.advance(TimeDelta::minutes(5));
    let late = world.browser.post(&form, &[("state", &state), ("choice", "switch")]).await;
    assert_eq!(late.path(), "/login?error=token_expired");
    assert_eq!(world.user().await, "Alice Adams");
    let nothing = world.browser.get(&world.app.at("/handoff/confirm?state=x")).await;
    assert_eq!(nothing.path(), "/login?error=invalid_state");
}

#[tokio::test]
async fn the_sign_in_hook_of_the_app_can_refuse_a_handoff() {
    let configure: test_support::Configure = Arc::new(|builder: auth::AuthBuilder| {
        builder.sign_in(|attempt: auth::hooks::SignInAttempt| {
            assert_eq!(attempt.verified_email(), Some("alice@example.com"));
            ready(Ok::<_, std::io::Error>(auth::hooks::Verdict::Refuse))
        })
    });
    let options = AppOptions { configure, ..AppOptions::default() };
    let mut world = world_with_options(None, options, app_routes).await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=refused");
    assert_eq!(world.status().await, SIGNED_OUT);
}
