//! Single logout over HTTP: provider → identity → apps, and what is refused on the way.

use super::*;
use crate::server::Messenger;
use auth::logout::LogoutNotice;
use auth::session::{Session, SessionState};
use axum::{body::Bytes, extract::State as AxumState};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use chrono::{DateTime, TimeDelta};
use secrecy::ExposeSecret;
use serde_json::json;
use std::{sync::Mutex, time::Duration};
use test_support::EventStream;
use tokio::{net::TcpListener, sync::mpsc};

impl World {
    async fn sign_in(&mut self) {
        let answer = self.at_provider().await;
        self.browser.follow(answer).await;
        assert_eq!(self.status().await, SIGNED_IN);
    }

    fn session_cookie(&self) -> String {
        self.browser.cookie(&self.app.url, "app.session").unwrap()
    }

    /// The `sid` and the ID token of the app's current session.
    async fn at_provider_now(&self) -> (String, String) {
        let sessions = &self.app.auth.sessions();
        let SessionState::SignedIn(Session { key, record, .. }) =
            sessions.resolve(&self.session_cookie()).await.unwrap()
        else {
            panic!("signed out")
        };
        let id_token = sessions.tokens(&key, &record).unwrap().id_token.unwrap();
        (record.sid.clone().unwrap(), id_token.expose_secret().to_owned())
    }

    /// Opens the event stream of a tab of the app.
    async fn tab(&self) -> EventStream {
        let cookie = format!("app.session={}", self.session_cookie());
        EventStream::open(&self.app.at("/auth/events"), &cookie, None).await.unwrap()
    }

    /// Creates identity's fan-out to these apps, with this retry policy. The fan-out does not run yet.
    fn fan_out(&self, registry: &str, retry: RetryPolicy) -> FanOut {
        let registry = Registry::parse(registry, |_| None).unwrap();
        let messenger = Messenger::new(&self.identity.auth).unwrap();
        FanOut::new(&self.identity.auth, Arc::new(registry), messenger, retry)
    }

    /// A logout token from identity for partner.
    fn token(&self, jti: &str, sid: Option<&str>, sub: Option<&str>) -> String {
        let issuer = self.provider.issuer.as_str().trim_end_matches('/');
        let now = self.app.clock.now();
        self.notice_token(
            jti,
            LogoutNotice { provider_issuer: issuer, sid, sub, browser: None, happened_at: now },
        )
    }

    /// A logout token from identity for partner, with a whole notice.
    fn notice_token(&self, jti: &str, notice: LogoutNotice<'_>) -> String {
        let identity = self.identity.url.origin().ascii_serialization();
        let fan_out = self.fan_out("", RetryPolicy::default());
        fan_out.keys().logout_token(&identity, "partner", jti, notice, self.app.clock.now())
    }

    /// Sends a logout token to the app; returns the status and the rule that the app names.
    async fn deliver(&self, token: &str) -> (StatusCode, String) {
        let url = self.app.at("/auth/backchannel-logout");
        let answer = Browser::new().post(&url, &[("logout_token", token)]).await;
        assert_eq!(answer.headers["cache-control"], "no-store");
        let rule = answer.body.parse::<serde_json::Value>().unwrap_or_default();
        (answer.status, rule["error_description"].as_str().unwrap_or_default().to_owned())
    }
}

#[tokio::test]
async fn a_sign_out_ends_the_sessions_of_the_other_apps_and_tells_their_tabs() {
    let mut world = world().await;
    world.sign_in().await;
    let kept = world.session_cookie();
    let mut tab = world.tab().await;
    // Identity is also a client of the provider, so this browser has the same provider session there.
    let begun = world.browser.post(&world.identity.at("/auth/signin/demo"), &[]).await;
    world.browser.follow(begun).await;
    let left = world.browser.post(&world.identity.at("/auth/signout"), &[]).await;
    world.browser.follow(left).await;
    let event = tab.next_non_heartbeat().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("signed_out", json!({ "reason": "revoked" })));
    assert_eq!(world.status().await, SIGNED_OUT);
    let resolution = world.app.auth.sessions().resolve(&kept).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(_))));
}

#[tokio::test]
async fn only_the_named_session_ends_and_an_unknown_sid_ends_none() {
    let mut world = world().await;
    world.sign_in().await;
    let (sid, _) = world.at_provider_now().await;
    assert_eq!(world.deliver(&world.token("1", Some("unknown"), Some("demo|alice"))).await.0, StatusCode::OK);
    assert_eq!(world.status().await, SIGNED_IN);
    let token = world.token("2", Some(&sid), Some("demo|alice"));
    assert_eq!(world.deliver(&token).await.0, StatusCode::OK);
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn a_token_works_once_and_an_old_event_spares_a_newer_session() {
    let mut world = world().await;
    world.sign_in().await;
    world.identity.clock.advance(TimeDelta::seconds(1));
    let token = world.token("1", None, Some("demo|alice"));
    assert_eq!(world.deliver(&token).await.0, StatusCode::OK);
    assert_eq!(world.status().await, SIGNED_OUT);
    world.identity.clock.advance(TimeDelta::seconds(1));
    let begun = world.begin().await;
    world.browser.follow(begun).await;
    assert_eq!(world.status().await, SIGNED_IN);
    assert_eq!(world.deliver(&token).await, (StatusCode::BAD_REQUEST, "logout_token_replayed".to_owned()));
    // A retry of the same notice: a fresh token about an event before this session.
    let issuer = world.provider.issuer.as_str().trim_end_matches('/').to_owned();
    let issuer = issuer.as_str();
    let happened_at = world.app.clock.now() - TimeDelta::milliseconds(1);
    let (sid, _) = world.at_provider_now().await;
    let user = Some("demo|alice");
    for (jti, sid, sub) in
        [("3", None, user), ("4", Some(sid.as_str()), user), ("5", Some(sid.as_str()), None)]
    {
        let notice = LogoutNotice { provider_issuer: issuer, sid, sub, happened_at, ..NOTICE };
        assert_eq!(world.deliver(&world.notice_token(jti, notice)).await.0, StatusCode::OK);
        assert_eq!(world.status().await, SIGNED_IN, "{jti}: the session began after the event");
    }
    let notice = LogoutNotice {
        provider_issuer: issuer,
        sub: user,
        sid: None,
        happened_at: world.app.clock.now(),
        ..NOTICE
    };
    assert_eq!(world.deliver(&world.notice_token("6", notice)).await.0, StatusCode::OK);
    assert_eq!(
        world.status().await,
        SIGNED_OUT,
        "a session of the same moment counts as older than the event"
    );
}

#[tokio::test]
async fn with_different_clocks_only_the_age_of_the_event_counts() {
    for (skew, age, expected) in [(-3600, 10, SIGNED_OUT), (3600, 10, SIGNED_OUT), (-3600, 90, SIGNED_IN)] {
        let mut world = world().await;
        world.sign_in().await;
        world.identity.clock.advance(TimeDelta::seconds(60));
        let issuer = world.provider.issuer.as_str().trim_end_matches('/').to_owned();
        let issuer = issuer.as_str();
        let identity = world.identity.url.origin().ascii_serialization();
        // `iat` follows the app's clock; the event and the signature follow another clock.
        let now = world.app.clock.now();
        let keys = world.fan_out("", RetryPolicy::default());
        let token = |jti: &str, happened_at| {
            let notice = LogoutNotice {
                provider_issuer: issuer,
                sid: None,
                sub: Some("demo|alice"),
                happened_at,
                ..NOTICE
            };
            keys.keys().logout_token(&identity, "partner", jti, notice, now)
        };
        let mut claims = claims_of(&token("1", now));
        let signed_at = now + TimeDelta::seconds(skew);
        claims["signed_at"] = signed_at.timestamp().into();
        claims["toe"] = (signed_at - TimeDelta::seconds(age)).timestamp().into();
        let token = keys.keys().sign("logout+jwt", &claims);
        assert_eq!(world.deliver(&token).await.0, StatusCode::OK);
        assert_eq!(world.status().await, expected, "{skew} {age}");
    }
}

fn claims_of(token: &str) -> serde_json::Value {
    let payload = token.split('.').nth(1).unwrap();
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test]
async fn an_invalid_logout_token_is_refused_by_name_and_ends_nothing() {
    let mut world = world().await;
    world.sign_in().await;
    let (sid, id_token) = world.at_provider_now().await;
    let good = world.token("1", Some(&sid), None);
    let (signed, _) = good.rsplit_once('.').unwrap();
    let notice = LogoutNotice { provider_issuer: "x", sid: Some(&sid), ..NOTICE };
    let now = world.app.clock.now();
    let keys = || world.fan_out("", RetryPolicy::default());
    let identity = world.identity.url.origin().ascii_serialization();
    for (token, rule) in [
        ("", "logout_token_malformed"),
        ("a.b.c", "logout_token_malformed"),
        (&format!("{signed}.AAAA"), "logout_token_signature"),
        (&id_token, "logout_token_nonce"),
        (
            &keys().keys().logout_token("https://evil.example", "partner", "2", notice, now),
            "logout_token_issuer",
        ),
        (&keys().keys().logout_token(&identity, "games", "3", notice, now), "logout_token_audience"),
        (
            &keys().keys().logout_token(&identity, "partner", "4", notice, now - TimeDelta::minutes(3)),
            "logout_token_expired",
        ),
        (
            &keys().keys().logout_token(&identity, "partner", "5", notice, now + TimeDelta::minutes(5)),
            "logout_token_not_yet_valid",
        ),
    ] {
        assert_eq!(world.deliver(token).await, (StatusCode::BAD_REQUEST, rule.to_owned()), "{rule}");
    }
    let url = world.app.at("/auth/backchannel-logout");
    let missing = Browser::new().post(&url, &[]).await;
    assert_eq!(
        (missing.status, missing.json()["error"].as_str()),
        (StatusCode::BAD_REQUEST, Some("invalid_request"))
    );
    let json = [("content-type", "application/json")];
    let wrong_type = Browser::new().send(Method::POST, &url, &json, "{}").await;
    assert_eq!(wrong_type.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    assert_eq!(world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn without_its_store_an_app_acknowledges_nothing() {
    let mut world = world().await;
    world.sign_in().await;
    let (sid, _) = world.at_provider_now().await;
    let token = world.token("1", Some(&sid), None);
    world.app.lose_store().await;
    let answer =
        Browser::new().post(&world.app.at("/auth/backchannel-logout"), &[("logout_token", &token)]).await;
    assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(answer.headers.contains_key("retry-after"));
}

#[tokio::test]
async fn an_app_may_request_a_global_logout_with_its_own_secret_only() {
    let mut world = world().await;
    world.sign_in().await;
    let mut tab = world.tab().await;
    let (sid, _) = world.at_provider_now().await;
    let issuer = world.provider.issuer.as_str().trim_end_matches('/').to_owned();
    let url = world.identity.at("/auth/logout");
    let ask = async |fields: &[(&str, &str)]| Browser::new().post(&url, fields).await.status;
    let client = [("client_id", "partner"), ("client_secret", APP_SECRET)];
    let about = [("iss", issuer.as_str()), ("sid", sid.as_str())];
    for client in [
        &[][..],
        &[("client_id", "partner")],
        &[("client_id", "partner"), ("client_secret", "wrong")],
        &[("client_id", "games"), ("client_secret", APP_SECRET)],
    ] {
        assert_eq!(ask(&[client, &about].concat()).await, StatusCode::UNAUTHORIZED, "{client:?}");
    }
    let long = "x".repeat(256);
    for (name, value) in [("sid", ""), ("sid", &long), ("sub", ""), ("sub", &long)] {
        let about = [client[0], client[1], about[0], (name, value)];
        assert_eq!(ask(&about).await, StatusCode::BAD_REQUEST, "{name} of {} characters", value.len());
    }
    let all = ("sub", "demo|alice");
    for about in [
        &[][..],
        &[about[0]],
        &[about[1]],
        &[("iss", "https://evil.example"), about[1]],
        // An app cannot sign a user out of every browser.
        &[about[0], all],
        &[about[0], ("browser", "b1")],
        &[about[0], all, ("browser", "")],
        &[about[0], about[1], ("age", "-1")],
        &[about[0], about[1], ("age", "a while")],
        &[about[0], about[1], ("age", "99999999999")],
    ] {
        assert_eq!(ask(&[&client, about].concat()).await, StatusCode::BAD_REQUEST, "{about:?}");
    }
    assert_eq!(world.status().await, SIGNED_IN);
    assert_eq!(ask(&[&client[..], &about, &[("age", "60000")]].concat()).await, StatusCode::ACCEPTED);
    assert_eq!(ask(&[client, about].concat()).await, StatusCode::ACCEPTED);
    assert_eq!(tab.next_non_heartbeat().await.unwrap().name, "signed_out");
}

/// Starts an app that answers 503 this many times and then 200. Returns its origin and the bodies that it
/// receives.
async fn shaky_app(failures: usize) -> (String, mpsc::UnboundedReceiver<String>) {
    let (told, tokens) = mpsc::unbounded_channel();
    let failures = Arc::new(Mutex::new(failures));
    let answer = async move |AxumState((failures, told)): AxumState<(
        Arc<Mutex<usize>>,
        mpsc::UnboundedSender<String>,
    )>,
                             body: Bytes| {
        told.send(String::from_utf8_lossy(&body).into_owned()).unwrap();
        let mut left = failures.lock().unwrap();
        let fails = *left > 0;
        *left = left.saturating_sub(1);
        if fails { StatusCode::SERVICE_UNAVAILABLE } else { StatusCode::OK }
    };
    let (listener, port) = bind().await;
    let router = Router::new().route("/told", post(answer)).with_state((failures, told));
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://localhost:{port}"), tokens)
}

fn entry(client_id: &str, origin: &str, path: &str) -> String {
    format!(
        "[[app]]\nclient_id = '{client_id}'\nname = 'An app'\norigins = ['{origin}']\n\
         backchannel_logout_uri = '{origin}{path}'\n"
    )
}

const NOTICE: LogoutNotice<'_> = LogoutNotice {
    provider_issuer: "https://op.example",
    sid: Some("s"),
    sub: None,
    browser: None,
    happened_at: DateTime::UNIX_EPOCH,
};

#[tokio::test]
async fn a_failed_delivery_is_retried_with_a_fresh_token_and_survives_a_restart() {
    let world = world().await;
    let (origin, mut tokens) = shaky_app(2).await;
    let registry = entry("shaky", &origin, "/told");
    let before = world.fan_out(&registry, RetryPolicy::default());
    before.enqueue_for_all(&[1; 32], NOTICE).await.unwrap();
    before.enqueue_for_all(&[1; 32], NOTICE).await.unwrap();
    drop(before);
    // The clock stands still, so only a pause of zero ever ends.
    let retry = RetryPolicy { first_pause: Duration::ZERO, ..RetryPolicy::default() };
    let after = world.fan_out(&registry, retry);
    let running = tokio::spawn({
        let after = after.clone();
        async move { after.run().await }
    });
    let mut seen = Vec::new();
    for _ in 0..3 {
        let form = tokens.recv().await.unwrap();
        let token = form.strip_prefix("logout_token=").unwrap();
        assert_eq!(claims_of(token)["toe"], 0.0, "each token says when the logout happened");
        seen.push(form);
    }
    seen.sort();
    seen.dedup();
    assert_eq!(seen.len(), 3, "each attempt has its own token");
    after.enqueue_for_all(&[2; 32], NOTICE).await.unwrap();
    tokens.recv().await.unwrap();
    assert!(tokens.try_recv().is_err(), "no delivery came twice");
    running.abort();
}

/// Runs a fan-out to two apps: one works, and its tokens are returned; the other accepts connections and
/// never answers.
async fn beside_one_that_hangs() -> (FanOut, mpsc::UnboundedReceiver<String>, TcpListener) {
    let world = world().await;
    let (hanging, port) = bind().await;
    let (origin, tokens) = shaky_app(0).await;
    let registry =
        entry("hanging", &format!("http://localhost:{port}"), "/told") + &entry("well", &origin, "/told");
    // Practically no timeout: deliveries one after the other would never reach the second app.
    let retry = RetryPolicy { timeout: Duration::from_secs(3600), ..RetryPolicy::default() };
    let fan_out = world.fan_out(&registry, retry);
    tokio::spawn({
        let fan_out = fan_out.clone();
        async move { fan_out.run().await }
    });
    (fan_out, tokens, hanging)
}

#[tokio::test]
async fn an_app_that_hangs_does_not_delay_the_others() {
    let (fan_out, mut tokens, hanging) = beside_one_that_hangs().await;
    fan_out.enqueue_for_all(&[1; 32], NOTICE).await.unwrap();
    tokens.recv().await.unwrap();
    drop(hanging);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let world = world().await;
    let (elsewhere, mut tokens) = shaky_app(0).await;
    let target = format!("{elsewhere}/told");
    let (asked, mut asks) = mpsc::unbounded_channel();
    let (listener, port) = bind().await;
    let redirect = post(async move || {
        asked.send(()).unwrap();
        axum::response::Redirect::temporary(&target)
    });
    let router = Router::new().route("/told", redirect);
    tokio::spawn(async move { axum::serve(listener, router).await });
    let retry = RetryPolicy { first_pause: Duration::ZERO, ..RetryPolicy::default() };
    let fan_out = world.fan_out(&entry("redirects", &format!("http://localhost:{port}"), "/told"), retry);
    tokio::spawn({
        let fan_out = fan_out.clone();
        async move { fan_out.run().await }
    });
    fan_out.enqueue_for_all(&[1; 32], NOTICE).await.unwrap();
    asks.recv().await.unwrap();
    asks.recv().await.unwrap();
    assert!(tokens.try_recv().is_err());
}

/// The app is faulty, or its secret was stolen.
#[tokio::test]
async fn the_logout_requests_of_an_app_are_rate_limited() {
    let mut world = world().await;
    let url = world.identity.at("/auth/logout");
    let issuer = world.provider.issuer.as_str().trim_end_matches('/').to_owned();
    let ask = async |browser: &mut Browser, sid: &str| {
        let fields =
            [("client_id", "partner"), ("client_secret", APP_SECRET), ("iss", &*issuer), ("sid", sid)];
        browser.post(&url, &fields).await
    };
    for number in 0..100 {
        let answer = ask(&mut world.browser, &format!("made up {number}")).await;
        assert_eq!(answer.status, StatusCode::ACCEPTED, "{number}: {}", answer.body);
    }
    let refused = ask(&mut world.browser, "one more").await;
    assert_eq!(refused.status, StatusCode::TOO_MANY_REQUESTS);
    assert!(refused.headers["retry-after"].to_str().unwrap().parse::<u32>().unwrap() >= 1);
    world.identity.clock.advance(chrono::TimeDelta::seconds(1));
    assert_eq!(ask(&mut world.browser, "later").await.status, StatusCode::ACCEPTED);
}

#[tokio::test]
async fn hundreds_of_notices_to_an_app_that_hangs_do_not_delay_the_others() {
    let (fan_out, mut tokens, hanging) = beside_one_that_hangs().await;
    for number in 0..200 {
        fan_out.enqueue_for_all(&[number; 32], NOTICE).await.unwrap();
    }
    for _ in 0..200 {
        tokens.recv().await.unwrap();
    }
    drop(hanging);
}
