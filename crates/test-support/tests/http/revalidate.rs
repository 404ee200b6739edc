//! Revalidation (article 3, every fifteen minutes): the server asks the provider whether a session is still
//! valid.

use crate::support::{World, world, world_with};
use auth::session::{Session, SessionState};
use auth_types::EndReason;
use chrono::TimeDelta;
use dev_provider::{Document, Endpoint, Fault};
use futures::future::join_all;
use http::{Method, StatusCode};
use serde_json::json;
use test_support::{
    App, AppOptions, Browser, CLIENT_SECRET, EventStream, TestProvider, app_routes, bind, until,
};
use url::Url;

const INTERVAL: TimeDelta = TimeDelta::seconds(900);

impl World {
    /// Ends the provider's session on the provider's page. The app is not notified.
    async fn end_provider_session(&mut self) {
        let url = self.provider.issuer.join("/logout").unwrap();
        let page = self.browser.get(&url).await;
        let confirm = page.field("confirm").unwrap();
        assert_eq!(self.browser.post(&url, &[("confirm", &confirm)]).await.status, StatusCode::OK);
    }

    async fn resolution(&self) -> SessionState<Session> {
        let cookie = self.browser.cookie(&self.app.url, "app.session").unwrap();
        self.app.auth.sessions().resolve(&cookie).await.unwrap()
    }

    /// Waits until a background check has ended the session; returns the reason.
    async fn ended(&mut self) -> EndReason {
        let mut reason = None;
        until("the session ends", async || {
            if let SessionState::SignedOut(Some(found)) = self.resolution().await {
                reason = Some(found);
            }
            reason.is_some()
        })
        .await;
        reason.unwrap()
    }

    fn checks(&self) -> (u64, u64) {
        let counters = self.provider.provider.counters();
        (counters.refresh_token, counters.userinfo)
    }

    /// Waits until the result of a check is stored; asserts how often the provider was asked.
    async fn checked(&mut self, refreshes: u64, lookups: u64) {
        let now = self.app.clock.now();
        until("the check is stored", async || match self.resolution().await {
            SessionState::SignedIn(Session { record, .. }) => record.checked_at == now,
            _ => false,
        })
        .await;
        assert_eq!(self.checks(), (refreshes, lookups));
    }
}

/// A world without a refresh token: the app does not request `offline_access`.
async fn without_refresh_token() -> World {
    let socket = bind().await;
    let origin: Url = format!("http://localhost:{}", socket.1).parse().unwrap();
    let redirect_uri = origin.join("/auth/callback/oidc").unwrap();
    let provider =
        TestProvider::start_with(&[&origin], |config| config.clients[0].redirect_uris.push(redirect_uri))
            .await;
    let issuer = provider.issuer.as_str().trim_end_matches('/').to_owned();
    let vars = vec![
        ("AUTH_OIDC_ID", "demo".to_owned()),
        ("AUTH_OIDC_SECRET", CLIENT_SECRET.to_owned()),
        ("AUTH_OIDC_ISSUER", issuer),
        ("AUTH_OIDC_SCOPES", "openid profile email".to_owned()),
    ];
    let options = AppOptions { vars, ..AppOptions::default() };
    let app = App::start(socket, &provider.issuer, provider.clock.clone(), options, app_routes).await;
    let mut world = World { provider, app, browser: Browser::new() };
    let begun = world.post("/auth/signin/oidc", &[]).await;
    let login = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "alice").await;
    world.browser.follow(answer).await;
    assert_eq!(world.status().await, 200);
    world
}

#[tokio::test]
async fn a_session_in_use_is_checked_once_per_interval() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(INTERVAL * 8 / 10);
    world.get("/protected").await;
    assert_eq!(world.checks(), (0, 0), "no check is due yet");
    for round in 1..=2 {
        world.app.clock.advance(INTERVAL);
        // The app reuses an answer for two seconds of real time, which the manual clock does not skip.
        until("the provider is asked", async || {
            assert_eq!(world.get("/protected").await.status, StatusCode::OK);
            world.checks().0 == round
        })
        .await;
        world.checked(round, 0).await;
        world.get("/protected").await;
        world.checked(round, 0).await;
    }
}

#[tokio::test]
async fn a_session_whose_provider_session_is_gone_ends_as_revoked() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.end_provider_session().await;
    assert_eq!(world.status().await, 200, "the app has not been notified");
    world.app.clock.advance(INTERVAL);
    world.get("/protected").await;
    assert_eq!(world.ended().await, EndReason::Revoked);
    assert_eq!(world.get("/protected").await.path(), "/login?callbackUrl=%2Fprotected");
}

#[tokio::test]
async fn a_tab_that_only_listens_is_told_when_a_check_fails() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.end_provider_session().await;
    world.app.clock.advance(INTERVAL);
    let cookie = format!("app.session={}", world.browser.cookie(&world.app.url, "app.session").unwrap());
    let mut tab = EventStream::open(&world.app.at("/auth/events"), &cookie, None).await.unwrap();
    let event = tab.next_non_heartbeat().await.unwrap();
    assert_eq!((event.name.as_str(), event.data), ("signed_out", json!({ "reason": "revoked" })));
}

#[tokio::test]
async fn a_failing_provider_ends_no_session_and_is_asked_again_later() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.provider.faults().add_times(Fault::Status500(Endpoint::Token), 1);
    world.app.clock.advance(INTERVAL);
    world.get("/protected").await;
    until("the provider is asked", async || world.checks().0 == 1).await;
    assert_eq!(world.status().await, 200);
    world.app.clock.advance(TimeDelta::seconds(60));
    until("the provider is asked again", async || {
        world.get("/protected").await;
        world.checks().0 == 2
    })
    .await;
    world.checked(2, 0).await;
}

#[tokio::test]
async fn twenty_concurrent_requests_cause_one_check() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(INTERVAL);
    let cookie = format!("app.session={}", world.browser.cookie(&world.app.url, "app.session").unwrap());
    let url = world.app.at("/protected");
    let tabs = (0..20).map(|_| async {
        let headers = [("accept", "text/html"), ("cookie", cookie.as_str())];
        Browser::new().send(Method::GET, &url, &headers, "").await.status
    });
    assert!(join_all(tabs).await.iter().all(|status| *status == StatusCode::OK));
    world.checked(1, 0).await;
}

#[tokio::test]
async fn without_a_refresh_token_the_access_token_is_checked_at_userinfo() {
    let mut world = without_refresh_token().await;
    world.app.clock.advance(INTERVAL);
    world.get("/protected").await;
    world.checked(0, 1).await;
    world.end_provider_session().await;
    world.app.clock.advance(INTERVAL);
    world.get("/protected").await;
    assert_eq!(world.ended().await, EndReason::Revoked);
}

#[tokio::test]
async fn an_expired_access_token_is_not_used_for_a_check() {
    let mut world = without_refresh_token().await;
    world.end_provider_session().await;
    world.app.clock.advance(TimeDelta::hours(7));
    world.get("/protected").await;
    world.checked(0, 0).await;
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn an_interval_of_zero_turns_checks_off() {
    let mut world = world_with(vec![("AUTH_REVALIDATE_INTERVAL", "0".into())]).await;
    world.sign_in("/", "alice").await;
    world.end_provider_session().await;
    world.app.clock.advance(TimeDelta::hours(5));
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    assert_eq!((world.status().await, world.checks()), (200, (0, 0)));
}

/// A world without periodic checks, with a maximum unchecked age of one hour.
async fn bounded(vars: Vec<(&str, String)>) -> World {
    let bound = [("AUTH_REVALIDATE_INTERVAL", "0".into()), ("AUTH_MAX_UNCHECKED_AGE", "3600".into())];
    world_with(bound.into_iter().chain(vars).collect()).await
}

#[tokio::test]
async fn past_the_unchecked_age_requests_get_503_and_the_session_is_kept() {
    let mut world = bounded(vec![]).await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(3599));
    world.provider.faults().add(Fault::Status500(Endpoint::Token));
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    assert_eq!(world.checks(), (0, 0));
    world.app.clock.advance(TimeDelta::seconds(1));
    for path in ["/protected", "/api/secret", "/auth/events"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert!(answer.headers.contains_key("retry-after") && answer.set_cookies().is_empty(), "{path}");
    }
    let status = world.get("/api/get-session-status?peek=1").await;
    assert_eq!(status.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(matches!(world.resolution().await, SessionState::SignedIn(_)), "the session is kept");
    world.provider.faults().clear();
    // After a failure the app pauses before it asks the provider again.
    world.app.clock.advance(TimeDelta::seconds(5));
    assert_eq!(
        world.get("/protected").await.status,
        StatusCode::OK,
        "the first request after the pause is served"
    );
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn past_the_unchecked_age_a_user_can_sign_out_or_sign_in_again() {
    for signs_in in [false, true] {
        let mut world = bounded(vec![]).await;
        world.sign_in("/", "alice").await;
        let old = world.browser.cookie(&world.app.url, "app.session").unwrap();
        world.app.clock.advance(TimeDelta::hours(2));
        if signs_in {
            world.end_provider_session().await;
            world.sign_in("/", "bob").await;
            assert_eq!(world.checks(), (0, 0), "the session that ends is not checked");
            assert_eq!(world.get("/auth/session").await.json()["user"]["name"], "Bob Brown");
        } else {
            world.provider.faults().add(Fault::Status500(Endpoint::Token));
            assert_eq!(world.post("/auth/signout", &[("scope", "local")]).await.path(), "/signed-out");
        }
        let old = world.app.auth.sessions().resolve(&old).await.unwrap();
        assert!(matches!(old, SessionState::SignedOut(Some(_))), "{signs_in}: {old:?}");
    }
}

#[tokio::test]
async fn past_the_unchecked_age_a_refused_or_uncheckable_session_ends() {
    let mut world = bounded(vec![]).await;
    world.sign_in("/", "alice").await;
    world.end_provider_session().await;
    world.app.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.get("/protected").await.status, StatusCode::SEE_OTHER);
    assert!(matches!(world.resolution().await, SessionState::SignedOut(Some(EndReason::Revoked))));

    let mut world = bounded(vec![]).await;
    let no_refresh_token = json!({ "refresh_token": null, "expires_in": 1800 });
    let fault = Fault::Members(Document::TokenAnswer, no_refresh_token.as_object().unwrap().clone());
    world.provider.faults().add(fault);
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::hours(1));
    assert_eq!(world.get("/protected").await.status, StatusCode::SEE_OTHER);
    assert!(matches!(world.resolution().await, SessionState::SignedOut(Some(EndReason::Expired))));
}
