use crate::support::world;
use http::{Method, StatusCode};
use test_support::Browser;

const FORM: (&str, &str) = ("content-type", "application/x-www-form-urlencoded");

#[tokio::test]
async fn cross_site_posts_are_refused_and_change_nothing() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    for foreign in [
        vec![("origin", "https://evil.example")],
        vec![("origin", "null")],
        vec![("sec-fetch-site", "cross-site")],
        vec![("sec-fetch-site", "same-site")],
    ] {
        for path in ["/auth/signout", "/auth/signin/demo"] {
            let headers: Vec<_> = foreign.iter().copied().chain([FORM]).collect();
            let refused = world.browser.send(Method::POST, &world.app.at(path), &headers, "").await;
            assert_eq!(refused.status, StatusCode::FORBIDDEN, "{path} {foreign:?}");
        }
    }
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn a_get_changes_nothing() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    assert_eq!(world.get("/auth/signout").await.path(), "/ssr-logout");
    assert_eq!(
        world.get("/auth/signin?callbackUrl=/protected").await.path(),
        "/login?callbackUrl=%2Fprotected"
    );
    assert_eq!(world.get("/auth/signin/demo").await.path(), "/login");
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn unsafe_return_paths_are_ignored() {
    let mut world = world().await;
    for path in [
        "//evil.example",
        "/\\evil.example",
        "https://evil.example",
        "javascript:alert(1)",
        "/%09/evil.example",
        "/a\r\nb",
    ] {
        let encoded: String = url::form_urlencoded::byte_serialize(path.as_bytes()).collect();
        assert_eq!(
            world.get(&format!("/auth/signin?callbackUrl={encoded}")).await.path(),
            "/login",
            "{path:?}"
        );
    }
    assert_eq!(world.sign_in("https://evil.example/", "alice").await.path(), "/");
    assert_eq!(
        world.post("/auth/signout", &[("scope", "local"), ("callbackUrl", "//evil.example")]).await.path(),
        "/signed-out"
    );
}

#[tokio::test]
async fn a_request_for_an_unknown_host_is_misdirected() {
    let world = world().await;
    let url: url::Url = format!("http://127.0.0.1:{}/", world.app.url.port().unwrap()).parse().unwrap();
    for path in ["/", "/auth/session", "/protected"] {
        let refused = Browser::new().get(&url.join(path).unwrap()).await;
        assert_eq!(refused.status, StatusCode::MISDIRECTED_REQUEST, "{path}");
    }
    assert_eq!(Browser::new().get(&url.join("/healthz").unwrap()).await.body, "ok");
    assert_eq!(Browser::new().get(&url.join("/readyz").unwrap()).await.status, StatusCode::OK);
    let forwarded =
        [("x-forwarded-host", "evil.example"), ("x-forwarded-proto", "https"), ("accept", "text/html")];
    let answer = Browser::new().send(Method::GET, &world.app.at("/auth/providers"), &forwarded, "").await;
    assert!(answer.body.contains("http://localhost") && !answer.body.contains("evil"), "{}", answer.body);
}

#[tokio::test]
async fn a_body_that_is_too_large_or_of_another_type_is_refused() {
    let mut world = world().await;
    let url = world.app.at("/auth/signout");
    let large = format!("callbackUrl=/{}", "a".repeat(64 * 1024));
    assert_eq!(
        world.browser.send(Method::POST, &url, &[FORM], &large).await.status,
        StatusCode::PAYLOAD_TOO_LARGE
    );
    let json = [("content-type", "application/json")];
    let refused = world.browser.send(Method::POST, &url, &json, "{}").await;
    assert_eq!(refused.status, StatusCode::UNSUPPORTED_MEDIA_TYPE);
    let doubled = world.browser.send(Method::POST, &url, &[FORM], "scope=local&scope=global").await;
    assert_eq!(doubled.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn every_answer_carries_the_security_headers() {
    let mut world = world().await;
    for path in [
        "/",
        "/protected",
        "/auth/session",
        "/healthz",
        "/auth/callback/demo?state=x&code=y",
        "/auth/nothing",
    ] {
        let answer = world.get(path).await;
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(answer.headers[name], value, "{path}");
        }
        let policy = answer.headers["content-security-policy"].to_str().unwrap();
        assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{path}");
        assert!(!answer.headers.contains_key("strict-transport-security"), "{path}: plain http");
    }
}
