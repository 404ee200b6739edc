//! The main app over HTTP: its pages and its API behind the real layers.

mod fuzz;
mod old_data;
mod paths;
mod server_functions;

use super::*;
use auth_leptos::{CallError, serve::leptos_options};
use http::{Method, StatusCode};
use leptos::server_fn::error::FromServerFnError;
use std::sync::Arc;
use test_support::{App, AppOptions, Browser, Page, TestProvider, bind};
use url::Url;

struct World {
    app: App,
    browser: Browser,
    provider: TestProvider,
}

/// Starts the app and signs Alice in.
async fn signed_in() -> World {
    let mut world = started("").await;
    let dashboard = world.sign_in().await;
    assert!(dashboard.body.contains("Alice Adams"));
    world
}

/// Starts the app for users with an email address in these domains; an empty list admits everyone.
async fn started(domains: &str) -> World {
    let socket = bind().await;
    let origin: Url = format!("http://localhost:{}", socket.1).parse().unwrap();
    let provider = TestProvider::start(&[&origin]).await;
    let options = leptos_options("main", ([127, 0, 0, 1], 0).into());
    let (issuer, clock) = (&provider.issuer, provider.clock.clone());
    let vars = vec![("AUTH_ALLOWED_EMAIL_DOMAINS", domains.to_owned())];
    let app_options = AppOptions { vars, configure: Arc::new(configure), ..AppOptions::default() };
    let app = App::start(socket, issuer, clock, app_options, |auth| router(auth, &options)).await;
    World { app, browser: Browser::new(), provider }
}

impl World {
    /// Signs in as Alice; returns the final page.
    async fn sign_in(&mut self) -> Page {
        self.sign_in_as("alice").await
    }

    async fn sign_in_as(&mut self, user: &str) -> Page {
        let url = self.app.at("/auth/signin/demo");
        let begun = self.browser.post(&url, &[("callbackUrl", "/dashboard")]).await;
        let login = self.browser.follow(begun).await;
        // After a local sign-out the provider still has its session and does not ask.
        if login.field("transaction").is_none() {
            return login;
        }
        let answer = self.provider.continue_as(&mut self.browser, &login, user).await;
        self.browser.follow(answer).await
    }

    async fn update(&mut self, content_type: &str, body: &str) -> Page {
        let url = self.app.at("/api/update-user-data");
        self.browser.send(Method::POST, &url, &[("content-type", content_type)], body).await
    }

    async fn favourite(&mut self) -> serde_json::Value {
        self.browser.get(&self.app.at("/auth/session")).await.json()["user"]["favourite_number"].clone()
    }
}

#[tokio::test]
async fn user_data_is_updated_and_shown_at_once() {
    let mut world = signed_in().await;
    let updated = world.update("application/json", r#"{"favourite_number": 42}"#).await;
    assert_eq!(updated.status, StatusCode::OK);
    assert_eq!(updated.json()["favourite_number"], 42);
    assert_eq!(updated.json()["name"], "Alice Adams");
    assert_eq!(world.favourite().await, 42);
    assert!(world.browser.get(&world.app.at("/dashboard")).await.body.contains("42"));
}

#[tokio::test]
async fn an_invalid_update_is_refused_and_changes_nothing() {
    let mut world = signed_in().await;
    world.update("application/json", r#"{"favourite_number": 42}"#).await;
    let huge = format!(r#"{{"favourite_number": 1, "x": "{}"}}"#, "a".repeat(64 * 1024));
    for (content_type, body, status, named) in [
        ("application/json", r#"{"favourite_number": 1, "role": "admin"}"#, 422, "role"),
        ("application/json", r#"{"user": {"name": "Eve"}}"#, 422, "user"),
        ("application/json", r#"{"favourite_number": "seven"}"#, 422, "favourite_number"),
        ("application/json", r#"{"favourite_number": 99999999999}"#, 422, "favourite_number"),
        ("application/json", r#"{}"#, 422, "favourite_number"),
        ("application/json", r#"{"favourite_number": 1"#, 400, ""),
        ("application/json", &huge, 413, ""),
        ("application/x-www-form-urlencoded", "favourite_number=1", 415, ""),
        ("text/plain", r#"{"favourite_number": 1}"#, 415, ""),
    ] {
        let refused = world.update(content_type, body).await;
        assert_eq!(refused.status.as_u16(), status, "{named}");
        assert!(refused.body.contains(named), "{named}: {}", refused.body);
    }
    assert_eq!(world.favourite().await, 42);
}

#[tokio::test]
async fn neither_api_nor_server_function_answers_a_stranger() {
    let mut world = signed_in().await;
    world.browser = Browser::new();
    let refused = world.update("application/json", r#"{"favourite_number": 1}"#).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    let url = world.app.at("/api/save-favourite-number");
    assert_eq!(world.browser.post(&url, &[("number", "1")]).await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_form_without_javascript_saves_through_the_server_function() {
    let mut world = signed_in().await;
    let url = world.app.at("/api/save-favourite-number");
    let saved = world.browser.post(&url, &[("number", "7")]).await;
    assert_eq!(saved.path(), "/dashboard?saved=yes");
    let refused = world.browser.post(&url, &[("number", "seven")]).await;
    assert_eq!(refused.path(), "/dashboard?saved=not_a_number");
    assert_eq!(world.favourite().await, 7);
}

#[tokio::test]
async fn a_caller_of_a_server_function_can_read_why_it_was_refused() {
    let mut world = signed_in().await;
    let url = world.app.at("/api/save-favourite-number");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let refused = Browser::new().send(Method::POST, &url, &[form], "number=1").await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    assert_eq!(CallError::de(refused.body.into()), CallError::SignedOut);
    // After an update the app reads the session from the store again, not from the cache.
    world.update("application/json", r#"{"favourite_number": 1}"#).await;
    world.app.lose_store().await;
    let refused = world.browser.send(Method::POST, &url, &[form], "number=1").await;
    assert_eq!(
        (refused.status, &refused.headers["retry-after"]),
        (StatusCode::SERVICE_UNAVAILABLE, &"5".parse().unwrap())
    );
    assert_eq!(CallError::de(refused.body.into()), CallError::SessionUnavailable);
}

#[tokio::test]
async fn the_number_survives_fresh_tokens_and_ends_with_the_session() {
    let mut world = signed_in().await;
    world.update("application/json", r#"{"favourite_number": 42}"#).await;
    assert_eq!(world.browser.post(&world.app.at("/api/renew-token"), &[]).await.status, StatusCode::OK);
    assert_eq!(world.favourite().await, 42);
    world.browser.post(&world.app.at("/auth/signout"), &[("scope", "local")]).await;
    world.sign_in().await;
    assert_eq!(world.favourite().await, serde_json::Value::Null);
}

#[tokio::test]
async fn server_only_data_is_on_no_page() {
    let mut world = signed_in().await;
    let updated = world.update("application/json", r#"{"favourite_number": 42}"#).await;
    let dashboard = world.browser.get(&world.app.at("/dashboard")).await;
    let session = world.browser.get(&world.app.at("/auth/session")).await;
    for answer in [updated, dashboard, session] {
        assert!(answer.body.contains("42") && !answer.body.contains("times_changed"), "{}", answer.url);
    }
}

#[tokio::test]
async fn only_users_of_the_allowed_domains_get_in() {
    let mut world = started("example.com").await;
    assert!(world.sign_in().await.body.contains("Alice Adams"));
    let mut world = started("other.example, example.org").await;
    let refused = world.sign_in().await;
    assert_eq!(
        (refused.url.path(), refused.url.query()),
        ("/login", Some("error=refused&callbackUrl=%2Fdashboard"))
    );
    assert!(refused.body.contains("This account may not sign in here."));
    assert_eq!(world.browser.get(&world.app.at("/auth/session")).await.body, "null");
}

#[tokio::test]
async fn protected_markup_never_reaches_a_stranger() {
    let mut world = signed_in().await;
    let private = world.browser.get(&world.app.at("/protected")).await;
    assert_eq!(private.status, StatusCode::OK);
    for path in ["/protected", "/dashboard", "/session", "/nothing-here"] {
        let refused = Browser::new().get(&world.app.at(path)).await;
        assert_eq!((refused.status, refused.body.as_str()), (StatusCode::SEE_OTHER, ""), "{path}");
    }
    assert_eq!(world.browser.get(&world.app.at("/nothing-here")).await.status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn every_page_has_a_policy_with_its_own_nonce_and_no_inline_style() {
    let mut world = signed_in().await;
    let mut nonces = std::collections::HashSet::new();
    for path in
        ["/", "/public", "/protected", "/dashboard", "/session", "/login", "/ssr-login", "/signed-out"]
    {
        let page = world.browser.get(&world.app.at(path)).await;
        let policy = page.headers["content-security-policy"].to_str().unwrap().to_owned();
        let nonce = policy.split("'nonce-").nth(1).unwrap().split('\'').next().unwrap().to_owned();
        assert!(nonces.insert(nonce), "{path}: the nonce was used before");
        assert!(!policy.contains("unsafe-inline") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!page.body.contains(" style=") && !page.body.contains(" onclick="), "{path}");
        assert_eq!(page.headers["cache-control"], "no-store", "{path}");
    }
}
