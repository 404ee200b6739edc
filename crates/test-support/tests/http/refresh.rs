use crate::support::{World, changed, world};
use auth::refresh::RefreshError;
use auth::session::{Session, SessionState};
use chrono::TimeDelta;
use dev_provider::{Endpoint, Fault};
use futures::future::join_all;
use http::{Method, StatusCode};
use secrecy::ExposeSecret;
use test_support::{Browser, EventStream, Page};

impl World {
    pub(crate) async fn renew(&mut self) -> Page {
        self.post("/api/renew-token", &[]).await
    }

    pub(crate) async fn session(&self) -> Session {
        let cookie = self.browser.cookie(&self.app.url, "app.session").unwrap();
        match self.app.auth.sessions().resolve(&cookie).await.unwrap() {
            SessionState::SignedIn(Session { key, record, .. }) => {
                self.app.auth.sessions().session(key, record)
            }
            other => panic!("{other:?}"),
        }
    }

    pub(crate) fn refreshes(&self) -> u64 {
        self.provider.provider.counters().refresh_token
    }

    /// Advances the clock to 50 seconds before the access token expires.
    async fn near_the_end(&self) {
        let end = self.session().await.record.tokens_expire_at.unwrap();
        self.app.clock.advance(end - self.app.clock.now() - TimeDelta::seconds(50));
    }
}

#[tokio::test]
async fn a_forced_renewal_returns_the_expiry_and_no_token() {
    let mut world = world().await;
    assert_eq!(world.renew().await.status, StatusCode::UNAUTHORIZED);
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(100));
    let before = world.session().await.record.tokens_expire_at.unwrap();
    let renewed = world.renew().await;
    assert_eq!(renewed.status, StatusCode::OK);
    let expires_at = renewed.json()["expires_at"].as_str().unwrap().to_owned();
    let after = world.session().await.record.tokens_expire_at.unwrap();
    assert!(after > before);
    assert!(expires_at.starts_with(&after.to_rfc3339()[..19]));
    assert!(!renewed.body.contains("token\""));
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn twenty_concurrent_callers_share_one_refresh() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.near_the_end().await;
    let session = world.session().await;
    let refresher = &world.app.auth.refresher();
    let tokens = join_all((0..20).map(|_| refresher.access_token(&session))).await;
    let tokens: Vec<_> = tokens.into_iter().map(|token| token.unwrap().expose_secret().to_owned()).collect();
    assert!(tokens.iter().all(|token| *token == tokens[0]));
    assert_eq!(world.refreshes(), 1);
    let late = world.renew().await;
    assert_eq!((late.status, world.refreshes()), (StatusCode::OK, 1), "late callers get the same result");
}

#[tokio::test]
async fn twenty_tabs_near_the_token_expiry_share_one_refresh() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.near_the_end().await;
    let mut bus = world.app.auth.sessions().events();
    let cookie = format!("app.session={}", world.browser.cookie(&world.app.url, "app.session").unwrap());
    let url = world.app.at("/protected");
    let tabs = (0..20).map(|_| async {
        let headers = [("accept", "text/html"), ("cookie", cookie.as_str())];
        Browser::new().send(Method::GET, &url, &headers, "").await.status
    });
    assert!(join_all(tabs).await.iter().all(|status| *status == StatusCode::OK));
    changed(&mut bus).await;
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn two_processes_on_one_store_share_one_refresh() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.near_the_end().await;
    let session = world.session().await;
    let other = world.app.replica().await;
    let (one, two) = tokio::join!(
        world.app.auth.refresher().access_token(&session),
        other.refresher().access_token(&session),
    );
    assert_eq!(one.unwrap().expose_secret(), two.unwrap().expose_secret());
    assert_eq!(world.refreshes(), 1);
}

#[tokio::test]
async fn a_request_near_the_token_expiry_starts_a_background_refresh() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let before = world.session().await.record.tokens_expire_at;
    world.get("/protected").await;
    assert_eq!(world.refreshes(), 0);
    world.near_the_end().await;
    let mut bus = world.app.auth.sessions().events();
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    changed(&mut bus).await;
    assert_eq!(world.refreshes(), 1);
    assert!(world.session().await.record.tokens_expire_at > before);
}

#[tokio::test]
async fn a_refused_refresh_token_ends_the_session_as_expired() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.provider.faults().add_times(Fault::RefuseRefresh, 1);
    assert_eq!(world.renew().await.status, StatusCode::UNAUTHORIZED);
    let cookie = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let resolution = world.app.auth.sessions().resolve(&cookie).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(auth_types::EndReason::Expired))));
}

#[tokio::test]
async fn a_failing_provider_ends_no_session_and_is_asked_again_after_a_pause() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.provider.faults().add_times(Fault::Status500(Endpoint::Token), 1);
    let failed = world.renew().await;
    assert_eq!(
        (failed.status, failed.headers["retry-after"].to_str().unwrap()),
        (StatusCode::SERVICE_UNAVAILABLE, "5")
    );
    assert_eq!(world.status().await, 200);
    assert_eq!(world.renew().await.status, StatusCode::SERVICE_UNAVAILABLE);
    let asked = world.refreshes();
    assert_eq!(world.renew().await.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(world.refreshes(), asked, "no request during the pause");
    world.app.clock.advance(TimeDelta::seconds(5));
    assert_eq!(world.renew().await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_lost_token_answer_does_not_end_the_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.provider.faults().add_times(Fault::LostTokenAnswer, 1);
    assert_eq!(world.renew().await.status, StatusCode::SERVICE_UNAVAILABLE);
    world.app.clock.advance(TimeDelta::seconds(5));
    assert_eq!(world.renew().await.status, StatusCode::OK, "the old token gets the same successor");
}

#[tokio::test]
async fn a_sign_out_during_a_refresh_wins() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let session = world.session().await;
    let slow = Fault::Slow(Endpoint::Token, std::time::Duration::from_millis(400));
    world.provider.faults().add_times(slow, 1);
    let before = world.refreshes();
    let refresher = world.app.auth.refresher().clone();
    let asked = session.clone();
    let renewal = tokio::spawn(async move { refresher.renew(&asked).await });
    while world.refreshes() == before && !renewal.is_finished() {
        tokio::task::yield_now().await;
    }
    world.post("/auth/signout", &[("scope", "local")]).await;
    assert_eq!(renewal.await.unwrap(), Err(RefreshError::Ended));
    assert_eq!(world.status().await, 401);
    assert!(!world.app.auth.sessions().is_live(&session.key).await.unwrap());
}

#[tokio::test]
async fn background_requests_do_not_refresh_tokens_until_the_user_returns() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.near_the_end().await;
    let cookie = format!("app.session={}", world.browser.cookie(&world.app.url, "app.session").unwrap());
    let mut tab = EventStream::open(&world.app.at("/auth/events"), &cookie, None).await.unwrap();
    assert_eq!(tab.next().await.unwrap().name, "heartbeat");
    for poll in ["/api/get-session-status?peek=1", "/auth/session"] {
        let headers = [("accept", "application/json")];
        let answer = world.browser.send(Method::GET, &world.app.at(poll), &headers, "").await;
        assert_eq!(answer.status, StatusCode::OK, "{poll}");
    }
    assert_eq!(world.refreshes(), 0, "before the user returns");
    let mut bus = world.app.auth.sessions().events();
    let page = world.app.at("/protected");
    world.browser.navigate(&page).await;
    changed(&mut bus).await;
    assert_eq!(world.refreshes(), 1);
}
