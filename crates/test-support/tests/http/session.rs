use crate::support::{world, world_with};
use auth::session::Session;
use auth::session::SessionState;
use chrono::TimeDelta;
use http::{Method, StatusCode};
use test_support::Browser;

#[tokio::test]
async fn without_a_session_only_public_paths_are_served() {
    let mut world = world().await;
    let refused = world.get("/protected?x=1").await;
    assert_eq!(
        (refused.status, refused.path().as_str()),
        (StatusCode::SEE_OTHER, "/login?callbackUrl=%2Fprotected%3Fx%3D1")
    );
    assert!(refused.body.is_empty());
    for path in ["/Protected", "/protected/", "/%70rotected", "/nothing", "/protected;x"] {
        let refused = world.get(&format!("{}{path}", world.app.url.as_str().trim_end_matches('/'))).await;
        assert!(!refused.body.contains("protected page"), "{path}");
        assert_eq!(refused.status, StatusCode::SEE_OTHER, "{path}");
    }
    let api = world.get("/api/anything").await;
    assert_eq!((api.status, api.json()["error"].as_str()), (StatusCode::UNAUTHORIZED, Some("signed_out")));
    assert_eq!(world.get("/auth/nothing").await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn the_status_endpoint_says_200_or_401_in_its_body() {
    let mut world = world().await;
    let signed_out = world.get("/api/get-session-status").await;
    assert_eq!((signed_out.status, signed_out.body.as_str()), (StatusCode::OK, r#"{"status":401}"#));
    world.sign_in("/", "alice").await;
    let signed_in = world.get("/api/get-session-status").await;
    assert_eq!((signed_in.status, signed_in.body.as_str()), (StatusCode::OK, r#"{"status":200}"#));
    assert_eq!(signed_in.headers["cache-control"], "no-store");
}

#[tokio::test]
async fn expires_rolls_with_navigation_and_not_with_polls() {
    let mut world = world_with(vec![("AUTH_SESSION_MAX_AGE", "600".into())]).await;
    world.sign_in("/", "alice").await;
    let first = world.get("/auth/session").await.json()["expires"].clone();
    world.app.clock.advance(TimeDelta::seconds(100));
    for path in ["/auth/session", "/api/get-session-status?peek=1"] {
        let poll = world.get(path).await;
        assert!(poll.set_cookies().is_empty(), "{path}");
    }
    assert_eq!(world.get("/auth/session").await.json()["expires"], first);
    let navigated = world.get("/api/get-session-status").await;
    assert!(navigated.set_cookies()[0].contains("Max-Age=600"));
    let rolled = world.get("/auth/session").await.json()["expires"].clone();
    assert_ne!(rolled, first);
    world.app.clock.advance(TimeDelta::seconds(30));
    assert!(world.get("/protected").await.set_cookies().is_empty(), "renewed once a minute at most");
    assert_eq!(world.get("/auth/session").await.json()["expires"], rolled);
}

#[tokio::test]
async fn an_expired_session_is_refused_and_its_cookie_cleared_once() {
    let mut world = world_with(vec![("AUTH_SESSION_MAX_AGE", "600".into())]).await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(600));
    assert_eq!(world.get("/protected").await.path(), "/login?callbackUrl=%2Fprotected");
    let cleared = world.get("/login").await;
    assert!(cleared.set_cookies()[0].starts_with("app.session=; "), "{:?}", cleared.set_cookies());
    assert!(world.get("/login").await.set_cookies().is_empty());
}

#[tokio::test]
async fn activity_does_not_extend_the_absolute_limit() {
    let vars = vec![("AUTH_SESSION_MAX_AGE", "600".into()), ("AUTH_SESSION_ABSOLUTE_AGE", "1000".into())];
    let mut world = world_with(vars).await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(500));
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    world.app.clock.advance(TimeDelta::seconds(499));
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    world.app.clock.advance(TimeDelta::seconds(1));
    assert_eq!(world.get("/protected").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_invalid_session_cookie_is_signed_out_and_cleared() {
    let world = world().await;
    let too_long = "A".repeat(3000);
    for value in ["garbage", "AAAA", &"A".repeat(43), too_long.as_str(), "a.b.c"] {
        let mut browser = Browser::new();
        browser.plant(&world.app.url, "app.session", value);
        let answer = browser.get(&world.app.at("/auth/session")).await;
        assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "null"), "{value}");
        assert!(answer.set_cookies()[0].contains("Max-Age=0"), "{value}");
    }
}

#[tokio::test]
async fn a_neighbours_planted_cookie_does_not_shadow_the_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let own = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let planted = format!("app.session=planted; app.session={own}");
    let url = world.app.at("/auth/session");
    let answer = Browser::new().send(Method::GET, &url, &[("cookie", &planted)], "").await;
    assert_eq!(answer.json()["user"]["name"], "Alice Adams");
}

#[tokio::test]
async fn live_sessions_of_two_users_in_one_browser_both_end() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let hers = world.browser.cookie(&world.app.url, "app.session").unwrap();
    world.browser = Browser::new();
    world.sign_in("/", "bob").await;
    let planted = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let both = format!("app.session={planted}; app.session={hers}");
    let headers = [("cookie", both.as_str()), ("accept", "text/html")];
    let answer = Browser::new().send(Method::GET, &world.app.at("/protected"), &headers, "").await;
    assert_eq!(answer.path(), "/login?callbackUrl=%2Fprotected");
    for value in [&hers, &planted] {
        let resolution = world.app.auth.sessions().resolve(value).await.unwrap();
        assert!(matches!(resolution, SessionState::SignedOut(Some(_))));
    }
}

#[tokio::test]
async fn the_idle_limit_counts_from_the_last_activity_and_ends_as_idle() {
    let mut world = world_with(vec![("AUTH_IDLE_TIMEOUT", "600".into())]).await;
    world.sign_in("/", "alice").await;
    world.app.clock.advance(TimeDelta::seconds(500));
    assert_eq!(world.get("/protected").await.status, StatusCode::OK);
    world.app.clock.advance(TimeDelta::seconds(599));
    assert_eq!(world.status().await, 200);
    world.app.clock.advance(TimeDelta::seconds(1));
    let value = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let resolution = world.app.auth.sessions().resolve(&value).await.unwrap();
    assert!(matches!(resolution, SessionState::SignedOut(Some(auth_types::EndReason::Idle))));
    assert_eq!(world.get("/protected").await.status, StatusCode::SEE_OTHER);
}

#[tokio::test]
async fn an_ended_sessions_cookie_is_cleared_by_a_page_and_not_by_a_slow_fetch() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let value = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let key = auth::cookie::SessionId::parse(&value).unwrap().key();
    world.app.auth.sessions().end(&key, auth_types::EndReason::Revoked).await.unwrap();
    let fetched = world.browser.send(Method::GET, &world.app.at("/auth/session"), &[], "").await;
    assert!(fetched.set_cookies().is_empty());
    assert!(
        world.get("/protected").await.set_cookies().is_empty(),
        "the cookie is kept until a page shows the reason"
    );
    assert!(world.get("/login").await.set_cookies()[0].contains("Max-Age=0"));
}

#[tokio::test]
async fn a_copied_database_opens_no_session_and_yields_no_token() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let value = world.browser.cookie(&world.app.url, "app.session").unwrap();
    let key = auth::cookie::SessionId::parse(&value).unwrap().key();
    let SessionState::SignedIn(Session { record, .. }) =
        world.app.auth.sessions().resolve(&value).await.unwrap()
    else {
        panic!("not signed in")
    };
    let tokens = world.app.auth.sessions().tokens(&key, &record).unwrap();
    let secrets = [
        tokens.access_token.as_ref().unwrap(),
        tokens.refresh_token.as_ref().unwrap(),
        tokens.id_token.as_ref().unwrap(),
    ]
    .map(|secret| secrecy::ExposeSecret::expose_secret(secret).to_owned());
    let copy = world.app.store_files();
    assert!(copy.windows(17).any(|window| window == b"alice@example.com"), "the copy contains real data");
    for secret in secrets.iter().chain([&value]) {
        assert!(!copy.windows(secret.len()).any(|window| window == secret.as_bytes()));
    }
}

#[tokio::test]
async fn an_unavailable_store_does_not_mean_signed_out() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.app.lose_store().await;
    for path in ["/protected", "/auth/session", "/api/get-session-status"] {
        let answer = world.get(path).await;
        assert_eq!(answer.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(answer.headers["retry-after"], "5", "{path}");
        assert!(answer.set_cookies().is_empty(), "{path}");
    }
    assert_eq!(world.get("/").await.status, StatusCode::OK);
    assert_eq!(world.get("/readyz").await.json()["store"], "down");
    let signed_out = world.post("/auth/signout", &[]).await;
    assert_eq!(signed_out.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(signed_out.set_cookies().is_empty());
    // The visitor is not sent to the provider in vain.
    let begun = world.begin("/").await;
    assert_eq!((begun.status, begun.url.path()), (StatusCode::SERVICE_UNAVAILABLE, "/auth/continue"));
    assert!(begun.set_cookies().is_empty(), "the flow is kept, so a reload works");
}

#[tokio::test]
async fn the_providers_are_listed_in_the_auth_js_format() {
    let mut world = world().await;
    let listed = world.get("/auth/providers").await.json();
    let origin = world.app.url.origin().ascii_serialization();
    assert_eq!(
        listed["demo"],
        serde_json::json!({
            "id": "demo",
            "name": "Demo provider",
            "type": "oidc",
            "signinUrl": format!("{origin}/auth/signin/demo"),
            "callbackUrl": format!("{origin}/auth/callback/demo"),
        })
    );
    let listed = world.get("/auth/providers?settings").await.json();
    assert_eq!(listed["demo"]["clientId"], "demo");
    assert_eq!(listed["demo"]["scope"], "openid profile email");
}
