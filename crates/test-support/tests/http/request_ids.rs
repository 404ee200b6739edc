//! The id of a request: who may choose it, and where it stands.

use crate::support::{World, world, world_with};
use axum::{Router, extract::Request};
use http::{HeaderMap, Method, StatusCode};
use std::sync::{Arc, Mutex};
use test_support::{Page, bind};

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// A world whose app trusts the requests of this machine, so those of the test.
async fn behind_a_proxy(vars: Vec<(&str, String)>) -> World {
    let trusted = [("AUTH_TRUSTED_PROXIES", "127.0.0.1".to_owned())];
    world_with(trusted.into_iter().chain(vars).collect()).await
}

async fn ask(world: &mut World, path: &str, id: &str) -> Page {
    let url = world.app.at(path);
    world.browser.send(Method::GET, &url, &[("x-request-id", id), ("accept", "application/json")], "").await
}

fn id_of(page: &Page) -> String {
    page.headers["x-request-id"].to_str().unwrap().to_owned()
}

#[tokio::test]
async fn every_answer_has_a_fresh_id() {
    let mut world = world().await;
    let mut ids = Vec::new();
    for path in ["/", "/protected", "/auth/session", "/healthz", "/auth/nothing", "/"] {
        let id = id_of(&world.get(path).await);
        assert_eq!(id.len(), 22, "{path}: {id}");
        assert!(!ids.contains(&id), "{path}");
        ids.push(id);
    }
}

#[tokio::test]
async fn an_id_is_taken_from_a_trusted_proxy_only() {
    let mut direct = world().await;
    let other = || vec![("AUTH_TRUSTED_PROXIES", "10.0.0.1".to_owned())];
    let mut behind_another = world_with(other()).await;
    for world in [&mut direct, &mut behind_another] {
        assert_ne!(id_of(&ask(world, "/", "lb-1").await), "lb-1");
    }
    let mut world = behind_a_proxy(vec![]).await;
    assert_eq!(id_of(&ask(&mut world, "/", "lb-1").await), "lb-1");
    for malformed in ["", "a b", "a/b", "\"", &"a".repeat(65)] {
        assert_ne!(id_of(&ask(&mut world, "/", malformed).await), malformed);
    }
}

#[tokio::test]
async fn a_refusal_names_its_request() {
    let mut world = behind_a_proxy(vec![]).await;
    let refused = ask(&mut world, "/api/secret", "lb-1").await;
    assert_eq!((refused.status, &refused.json()["request_id"]), (StatusCode::UNAUTHORIZED, &"lb-1".into()));
    let url = world.app.at("/auth/nothing");
    let headers = [("x-request-id", "lb-2"), ("accept", "text/html")];
    let page = world.browser.send(Method::GET, &url, &headers, "").await;
    assert!(page.status == StatusCode::NOT_FOUND && page.body.contains("<code>lb-2</code>"), "{}", page.body);
    let url = world.app.at("/auth/backchannel-logout");
    let form = [("x-request-id", "lb-3"), ("content-type", "application/x-www-form-urlencoded")];
    let oauth = world.browser.send(Method::POST, &url, &form, "logout_token=a").await;
    assert_eq!(oauth.json()["request_id"], serde_json::Value::Null, "RFC 6749 defines this answer");
}

/// A provider is another company: it gets no id of ours, and no trace.
#[tokio::test]
async fn a_provider_gets_neither_the_id_nor_the_trace() {
    let (listener, port) = bind().await;
    let seen: Arc<Mutex<Vec<HeaderMap>>> = Arc::default();
    let recorder = seen.clone();
    let router = Router::new().fallback(async move |request: Request| {
        recorder.lock().unwrap().push(request.headers().clone());
        StatusCode::NOT_FOUND
    });
    tokio::spawn(async move { axum::serve(listener, router).await });
    for metrics in [vec![], vec![("AUTH_METRICS_ADDR", "127.0.0.1:0".to_owned())]] {
        let provider = [
            ("AUTH_STAFF_ID", "app".to_owned()),
            ("AUTH_STAFF_ISSUER", format!("http://staff.localhost:{port}")),
        ];
        let mut world = behind_a_proxy(provider.into_iter().chain(metrics).collect()).await;
        let url = world.app.at("/auth/signin/staff");
        let form = ("content-type", "application/x-www-form-urlencoded");
        let headers = [form, ("x-request-id", "lb-1"), ("traceparent", TRACE)];
        // The app asks at its start too, and then pauses; the clock moves on.
        world.app.clock.advance(chrono::TimeDelta::minutes(1));
        let before = seen.lock().unwrap().len();
        let answer = world.browser.send(Method::POST, &url, &headers, "").await;
        assert_eq!(answer.path(), "/login?error=provider_unavailable");
        assert!(seen.lock().unwrap().len() > before, "the provider was asked");
    }
    for headers in seen.lock().unwrap().iter() {
        assert!(!headers.contains_key("x-request-id") && !headers.contains_key("traceparent"));
    }
}
