//! One id from the proxy through app, identity and fan-out.

use super::*;
use axum::{extract::Request, middleware::Next, middleware::from_fn};
use std::sync::Mutex;
use test_support::until;

const TRACE: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

/// The path, the request id and the trace of a request.
type Seen = (String, String, String);

#[tokio::test]
async fn a_sign_out_has_one_id_and_one_trace_in_all_apps() {
    let trusted = |vars| AppOptions { vars, ..AppOptions::default() };
    let proxies = || vec![("AUTH_TRUSTED_PROXIES", "127.0.0.1".to_owned())];
    let seen: Arc<Mutex<Vec<Seen>>> = Arc::default();
    let recorder = seen.clone();
    let recorded = move |auth: &Auth| {
        app_routes(auth).layer(from_fn(move |request: Request, next: Next| {
            let text = |name: &str| {
                let value = request.headers().get(name).map(|value| value.to_str().unwrap());
                value.unwrap_or_default().to_owned()
            };
            let path = request.uri().path().to_owned();
            recorder.lock().unwrap().push((path, text("x-request-id"), text("traceparent")));
            next.run(request)
        }))
    };
    let mut world = world_with_builder(None, trusted(proxies()), trusted(proxies()), recorded).await;
    let answer = world.at_provider().await;
    world.browser.follow(answer).await;
    let url = world.app.at("/auth/signout");
    let form = ("content-type", "application/x-www-form-urlencoded");
    let headers = [form, ("x-request-id", "lb-1"), ("traceparent", TRACE)];
    let page = world.browser.send(Method::POST, &url, &headers, "").await;
    assert_eq!(page.headers["x-request-id"], "lb-1");
    // The app asks identity after its answer, and identity delivers from its queue.
    let delivery = ("/auth/backchannel-logout".to_owned(), "lb-1".to_owned(), TRACE.to_owned());
    until("identity's logout token arrives", async || seen.lock().unwrap().contains(&delivery)).await;
}
