//! The handoff over HTTP: from identity's launcher into an app that is signed in by then.

use super::*;
use auth::{
    handoff::{self, HandoffError, HandoffLayer},
    protect, routes,
    session::Resolution,
};
use auth_types::login_error_url;
use axum::{
    extract::{Request, State as AxumState},
    response::{IntoResponse, Redirect, Response},
};
use chrono::TimeDelta;
use secrecy::ExposeSecret;
use serde_json::{Value, json};
use std::{future::ready, sync::Mutex};
use tokio::sync::mpsc;

impl World {
    /// Signs in at identity.
    pub(super) async fn at_identity(&mut self, user: &str) {
        let begun = self.browser.post(&self.identity.at("/auth/signin/demo"), &[]).await;
        let login = self.browser.follow(begun).await;
        // The provider may know them already.
        if login.field("transaction").is_some() {
            let answer = self.provider.continue_as(&mut self.browser, &login, user).await;
            self.browser.follow(answer).await;
        }
    }

    /// Alice is signed in at the app, Bob at identity, in one browser: with a session of the provider's that it
    /// has forgotten, for a provider that changes its user ends the sessions of the one before.
    pub(super) async fn alice_there_and_bob_here(&mut self) {
        let answer = self.at_provider().await;
        self.browser.follow(answer).await;
        let alice = self.browser.cookie(&self.app.url, "app.session").unwrap();
        self.browser = Browser::new();
        self.browser.plant(&self.app.url, "app.session", &alice);
        self.at_identity("bob").await;
    }

    /// Presses "Open" and goes on until the address with the token, which is not opened yet.
    pub(super) async fn minted(&mut self) -> Url {
        self.minted_for(&[]).await
    }

    pub(super) async fn minted_for(&mut self, fields: &[(&str, &str)]) -> Url {
        let pressed = self.browser.post(&self.identity.at("/handoff/partner"), fields).await;
        assert_eq!(pressed.status, StatusCode::SEE_OTHER, "{}", pressed.body);
        let started = self.browser.get(&pressed.location().unwrap()).await;
        let minted = self.browser.get(&started.location().unwrap()).await;
        assert_eq!((minted.status, minted.body.as_str()), (StatusCode::SEE_OTHER, ""));
        assert_eq!(minted.headers["cache-control"], "no-store");
        assert_eq!(minted.headers["referrer-policy"], "no-referrer");
        let url = minted.location().unwrap();
        assert_eq!((url.origin(), url.path()), (self.app.url.origin(), "/callback"));
        url
    }

    /// Opens the app as whoever is signed in at identity, all the way.
    pub(super) async fn opened(&mut self) -> Page {
        let url = self.minted().await;
        let arrived = self.browser.get(&url).await;
        self.browser.follow(arrived).await
    }

    /// Asks identity about a token, as an app with this id and secret.
    pub(super) async fn verify(&self, minted: &Url, id: &str, secret: &str) -> Page {
        let minted = params(minted);
        let (token, state) = (&minted["handoff_token"], &minted["state"]);
        self.verify_json(&json!({ "handoff_token": token, "state": state, "client_id": id }), id, secret)
            .await
    }

    pub(super) async fn verify_json(&self, body: &Value, id: &str, secret: &str) -> Page {
        let url = self.identity.at("/auth/external/handoff/verify");
        let basic = self.identity.auth.http.post_form(&url, String::new(), Some((id, secret)));
        let basic = basic.headers()["authorization"].to_str().unwrap().to_owned();
        let headers = [("content-type", "application/json"), ("authorization", basic.as_str())];
        Browser::new().send(Method::POST, &url, &headers, &body.to_string()).await
    }

    /// The user of the app's session, as the app tells it.
    pub(super) async fn user(&mut self) -> Value {
        self.browser.get(&self.app.at("/auth/session")).await.json()["user"]["name"].clone()
    }

    /// The record of the session that a cookie leads to.
    pub(super) async fn record(&self, app: &App) -> std::sync::Arc<auth::session::SessionRecord> {
        let cookie = self.browser.cookie(&app.url, "app.session").unwrap();
        match app.auth.sessions.resolve(&cookie).await.unwrap() {
            Resolution::SignedIn(_, record) => record,
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
        assert!(!url.as_str().contains("evil"), "identity leaves it out: {url}");
        url.query_pairs_mut().append_pair("callbackUrl", path);
        let arrived = world.browser.get(&url).await;
        let page = world.browser.follow(arrived).await;
        assert_eq!(page.url.as_str(), world.app.at("/").as_str(), "{path}");
    }
}

#[tokio::test]
async fn single_logout_covers_a_session_that_was_handed_over() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.opened().await;
    let cookie = format!("app.session={}", world.browser.cookie(&world.app.url, "app.session").unwrap());
    let mut tab =
        test_support::EventStream::open(&world.app.at("/auth/events"), &cookie, None).await.unwrap();
    let left = world.browser.post(&world.identity.at("/auth/signout"), &[]).await;
    world.browser.follow(left).await;
    assert_eq!(tab.next_but_heartbeats().await.unwrap().name, "signed_out");
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn a_sign_out_of_a_session_that_was_handed_over_reaches_the_provider_and_everybody_else() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.opened().await;
    let left = world.browser.post(&world.app.at("/auth/signout"), &[("callbackUrl", "/")]).await;
    let to_provider = left.location().unwrap();
    assert_eq!(to_provider.origin(), world.provider.issuer.origin());
    assert!(params(&to_provider).contains_key("id_token_hint"), "so it asks nobody");
    let page = world.browser.follow(left).await;
    assert_eq!(page.url.as_str(), world.app.at("/").as_str());
    assert_eq!(world.browser.get(&world.identity.at("/auth/session")).await.body, "null");
}

/// An identity app that hands over what it is told to, without a hint, and notes what it is asked to tell.
async fn generous_identity(told: Arc<Mutex<Value>>) -> (String, mpsc::UnboundedReceiver<String>) {
    let (asked, asks) = mpsc::unbounded_channel();
    let verify = post(async move || axum::Json(told.lock().unwrap().clone()));
    let logout = post(async move |body: String| {
        asked.send(body).unwrap();
        StatusCode::ACCEPTED
    });
    let router = Router::new().route("/auth/external/handoff/verify", verify).route("/auth/logout", logout);
    let (listener, port) = bind().await;
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://localhost:{port}"), asks)
}

#[tokio::test]
async fn without_a_hint_for_the_provider_identity_is_asked_to_tell_everybody() {
    let told = Arc::new(Mutex::new(Value::Null));
    let (issuer, mut asks) = generous_identity(told.clone()).await;
    let vars = vec![("AUTH_IDENTITY_ISSUER", issuer)];
    let mut world = world_as(None, AppOptions { vars, ..AppOptions::default() }, app_routes).await;
    let iss = world.provider.issuer.as_str().trim_end_matches('/').to_owned();
    let session = json!({
        "provider": "demo", "iss": iss, "sub": "demo|alice", "sid": "s1",
        "issued_at": world.app.clock.now(), "expires_at": world.app.clock.now() + TimeDelta::hours(1),
    });
    *told.lock().unwrap() = json!({
        "access_token": "a", "token_type": "Bearer", "expires_in": 300, "session": session,
        "user": { "sub": "demo|alice", "name": "Alice" },
    });
    let started = world.browser.get(&world.app.at("/handoff/start")).await;
    let state = params(&started.location().unwrap())["state"].clone();
    let mut url = world.app.at("/callback");
    url.query_pairs_mut().append_pair("handoff_token", &"t".repeat(43)).append_pair("state", &state);
    assert_eq!(world.browser.get(&url).await.path(), "/callback");
    assert_eq!(world.user().await, "Alice");
    let session = world.record(&world.app).await;
    assert_eq!(session.absolute_expires_at, world.app.clock.now() + TimeDelta::hours(1));
    let left = world.browser.post(&world.app.at("/auth/signout"), &[]).await;
    assert!(!params(&left.location().unwrap()).contains_key("id_token_hint"));
    let asked = asks.recv().await.unwrap();
    assert!(asked.contains("sid=s1") && asked.contains("sub=demo%7Calice"), "{asked}");
}

#[tokio::test]
async fn there_is_nothing_to_renew_in_a_session_that_was_handed_over_and_it_goes_on() {
    let mut world = world().await;
    world.at_identity("alice").await;
    world.opened().await;
    let refused = world.browser.post(&world.app.at("/api/renew-token"), &[]).await;
    assert_eq!(refused.status, StatusCode::CONFLICT);
    assert!(refused.body.contains("no_refresh_token"));
    world.app.clock.advance(TimeDelta::hours(12));
    assert_eq!(world.status().await, SIGNED_IN);
    let resolution = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let Resolution::SignedIn(key, record) = world.app.auth.sessions.resolve(&resolution).await.unwrap()
    else {
        panic!("signed out")
    };
    let session = world.app.auth.sessions.session(key, record);
    assert!(
        world.app.auth.refresher.access_token(&session).await.is_err(),
        "identity's is not the provider's"
    );
}

#[tokio::test]
async fn whoever_is_signed_out_at_identity_signs_in_on_the_way() {
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
async fn whom_the_provider_knows_is_signed_in_silently_on_the_way() {
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
async fn the_launcher_lets_its_forms_lead_to_the_apps_and_opens_only_those_that_may_be() {
    let mut world = world().await;
    let page = world.browser.get(&world.identity.at("/?open=partner")).await;
    let policy = page.headers["content-security-policy"].to_str().unwrap();
    assert!(policy.contains(&world.app.url.origin().ascii_serialization()), "{policy}");
    assert!(
        page.body.contains(r#"action="/handoff/partner""#)
            && page.body.contains(r#"action="/handoff/other""#)
    );
    assert!(!page.body.contains("/handoff/closed"));
    assert!(page.body.contains("A link led here"));
    for open in ["nobody", "<script>"] {
        let url = world.identity.at(&format!("/?open={open}"));
        assert!(!world.browser.get(&url).await.body.contains("A link led here"), "{open}");
    }
}

#[tokio::test]
async fn who_is_signed_in_with_the_same_session_stays_as_they_are() {
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
        "it has tokens, the other has none"
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

    // Another browser has no part in it, and neither has another site.
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
    let resolution = world.app.auth.sessions.resolve(&before).await.unwrap();
    assert!(matches!(resolution, Resolution::Ended(auth_types::EndReason::UserChanged)));
    let again = world.browser.post(&form, &fields).await;
    assert_eq!(again.path(), "/login?error=invalid_state", "once");
}

#[tokio::test]
async fn whoever_stays_stays_and_the_answer_may_come_late_but_not_too_late() {
    let mut world = world().await;
    world.alice_there_and_bob_here().await;
    let form = world.app.at("/handoff/confirm");
    let ask = async |world: &mut World| {
        let url = world.minted().await;
        let arrived = world.browser.get(&url).await;
        params(&arrived.location().unwrap())["state"].clone()
    };
    let state = ask(&mut world).await;
    let stayed = world.browser.post(&form, &[("state", &state), ("choice", "stay")]).await;
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
async fn the_app_has_its_say_about_who_is_handed_over() {
    let configure: test_support::Configure = Arc::new(|builder: auth::AuthBuilder| {
        builder.sign_in(|attempt: auth::hooks::SignInAttempt| {
            assert_eq!(attempt.verified_email(), Some("alice@example.com"));
            ready(Ok::<_, std::io::Error>(auth::hooks::Verdict::Refuse))
        })
    });
    let options = AppOptions { configure, ..AppOptions::default() };
    let mut world = world_as(None, options, app_routes).await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=refused");
    assert_eq!(world.status().await, SIGNED_OUT);
}

/// An app that takes its tokens at an address of its own, by hand at another, and has its own error page.
fn by_hand(auth: &Auth) -> Router {
    async fn callback(AxumState(handoff): AxumState<HandoffLayer>, request: Request) -> Response {
        match handoff.verify_handoff_token(&request.into_parts().0).await {
            Ok(arrived) => {
                let to = arrived.location("/protected");
                (arrived.into_cookies(), Redirect::to(&to)).into_response()
            }
            Err(error) => Redirect::to(&login_error_url(error.code(), "/")).into_response(),
        }
    }
    let layer = HandoffLayer::new(auth).error_redirect(|error: &HandoffError| match error {
        HandoffError::TokenExpired => "/login?error=expired",
        _ => "https://evil.example/login",
    });
    const PUBLIC: PublicPaths = PublicPaths {
        pages: &["/", "/login", "/open"],
        others: &["/callback"],
        prefixes: &["/auth/", "/handoff/"],
    };
    let app = Router::new()
        .route("/", get(async || "start page"))
        .route("/login", get(async || "sign-in page"))
        .route("/protected", get(async || "protected page"))
        .route("/open", get(async || "opened"))
        .layer(layer.clone())
        .route("/by-hand", get(callback))
        .with_state(layer.clone())
        .merge(handoff::routes(layer))
        .merge(routes::common(auth))
        .merge(routes::callbacks(auth));
    let public = PublicPaths { pages: &["/", "/login", "/open", "/by-hand"], ..PUBLIC };
    protect(app, auth, public)
}

#[tokio::test]
async fn an_app_may_take_its_tokens_elsewhere_by_hand_and_with_errors_of_its_own() {
    let mut world = world_as(None, AppOptions::default(), by_hand).await;
    world.at_identity("alice").await;
    let mut url = world.minted().await;
    url.set_path("/open");
    url.query_pairs_mut().append_pair("a", "1");
    let arrived = world.browser.get(&url).await;
    assert_eq!(arrived.path(), "/open?a=1");
    assert_eq!(world.status().await, SIGNED_IN);
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;

    let mut url = world.minted().await;
    url.set_path("/by-hand");
    let arrived = world.browser.get(&url).await;
    assert_eq!(arrived.path(), "/protected");
    assert_eq!(world.status().await, SIGNED_IN);
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=invalid_state");
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;

    let url = world.minted().await;
    world.identity.clock.advance(TimeDelta::seconds(31));
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=expired");
    assert_eq!(world.browser.get(&url).await.path(), "/login", "an error page elsewhere is none");
}

#[tokio::test]
async fn identity_tells_what_the_article_says_and_the_user_by_their_standard_names() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let minted = world.minted().await;
    let answer = world.verify(&minted, "partner", APP_SECRET).await;
    assert_eq!(answer.status, StatusCode::OK, "{}", answer.body);
    assert_eq!(answer.headers["cache-control"], "no-store");
    let told = answer.json();
    let record = world.record(&world.identity).await;
    assert_eq!(told["access_token"].as_str().unwrap().len(), 43);
    assert_eq!((&told["token_type"], &told["expires_in"]), (&json!("Bearer"), &json!(300)));
    assert_eq!(told["user"]["name"], "Alice Adams");
    assert_eq!(told["user"]["email_verified"], true);
    assert_eq!(told["session"]["sid"], record.sid.as_deref().unwrap());
    assert_eq!(told["session"]["sub"], told["user"]["sub"]);
    let mut names: Vec<_> = told.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    assert_eq!(names, ["access_token", "expires_in", "session", "token_type", "user"]);
}

#[tokio::test]
async fn no_store_holds_a_token_that_opens_anything() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let minted = params(&world.minted().await);
    let kept = world.minted().await;
    let answer = world.verify(&kept, "partner", APP_SECRET).await.json();
    let record = world.record(&world.identity).await;
    let cookie = world.browser.cookie(&world.identity.url, "app.session").unwrap();
    let id_token = {
        let Resolution::SignedIn(key, _) = world.identity.auth.sessions.resolve(&cookie).await.unwrap()
        else {
            panic!("signed out")
        };
        world.identity.auth.sessions.tokens(&key, &record).unwrap().id_token.unwrap()
    };
    let secrets = [
        minted["handoff_token"].as_str(),
        minted["state"].as_str(),
        answer["access_token"].as_str().unwrap(),
        id_token.expose_secret(),
    ];
    for files in [world.identity.store_files(), world.app.store_files()] {
        assert!(files.len() > 1000);
        for secret in secrets {
            assert!(!files.windows(secret.len()).any(|window| window == secret.as_bytes()));
        }
    }
}
