//! `RequireSession` on public paths.

use auth::{
    guard::{PublicPaths, RequireSession},
    protect, routes,
};
use axum::{Router, routing::any};
use http::{Method, StatusCode};
use test_support::{App, AppOptions, Browser, TestProvider, bind};
use url::Url;

const OPEN: PublicPaths =
    PublicPaths { pages: &["/page", "/login"], others: &["/api/call"], prefixes: &["/auth/"] };

async fn name(RequireSession(session): RequireSession) -> String {
    session.public().user.name
}

#[tokio::test]
async fn without_a_session_a_page_redirects_to_sign_in_and_a_call_gets_401() {
    let socket = bind().await;
    let origin: Url = format!("http://localhost:{}", socket.1).parse().unwrap();
    let provider = TestProvider::start(&[&origin]).await;
    let (issuer, clock) = (&provider.issuer, provider.clock.clone());
    let router = |auth: &auth::Auth| {
        let routes = Router::new().route("/page", any(name)).route("/api/call", any(name));
        protect(routes.merge(routes::common(auth)).merge(routes::callbacks(auth)), auth, OPEN)
    };
    let app = App::start(socket, issuer, clock, AppOptions::default(), router).await;
    let mut browser = Browser::new();

    let page = browser.get(&app.at("/page?x=1")).await;
    assert_eq!((page.status, page.body.as_str()), (StatusCode::SEE_OTHER, ""));
    assert_eq!(page.path(), "/login?callbackUrl=%2Fpage%3Fx%3D1");
    for (method, path) in [(Method::GET, "/api/call"), (Method::POST, "/api/call"), (Method::POST, "/page")] {
        let call = browser.send(method, &app.at(path), &[], "").await;
        assert_eq!(
            (call.status, call.json()["error"].as_str()),
            (StatusCode::UNAUTHORIZED, Some("signed_out"))
        );
    }

    let begun = browser.post(&app.at("/auth/signin/demo"), &[("callbackUrl", "/page")]).await;
    let login = browser.follow(begun).await;
    let answer = provider.continue_as(&mut browser, &login, "alice").await;
    assert_eq!(browser.follow(answer).await.body, "Alice Adams");
    assert_eq!(browser.get(&app.at("/api/call")).await.body, "Alice Adams");

    // The renewal drops the session from the cache, so the next request asks the store.
    assert_eq!(browser.post(&app.at("/api/renew-token"), &[]).await.status, StatusCode::OK);
    app.lose_store().await;
    for path in ["/page", "/api/call"] {
        let refused = browser.get(&app.at(path)).await;
        assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE, "{path}");
        assert_eq!(refused.headers["retry-after"], "5", "{path}");
    }
}
