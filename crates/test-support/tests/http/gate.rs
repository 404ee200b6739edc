//! The gate around an app: the order of its checks, its refusals and its log lines.

use crate::support::{world, world_with};
use auth::{guard::PublicPaths, protect};
use axum::{
    Router,
    body::{Body, to_bytes},
    routing::get,
};
use futures::stream;
use http::{Method, Request, Response, StatusCode};
use std::{
    convert::Infallible,
    io,
    sync::{Arc, Mutex},
};
use test_support::app_routes;
use tower::ServiceExt;
use tracing_subscriber::fmt::MakeWriter;

const FORM: &str = "application/x-www-form-urlencoded";
const TOO_LARGE: &str = "65537";

async fn ask(
    router: Router,
    method: Method,
    url: &str,
    headers: &[(&str, &str)],
    body: Body,
) -> Response<Body> {
    let mut request = Request::builder().method(method).uri(url);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    router.oneshot(request.body(body).unwrap()).await.unwrap()
}

/// Each request also has the faults of all later requests. Every refusal carries the security headers.
#[tokio::test]
async fn host_size_origin_and_session_are_checked_in_this_order() {
    let world = world().await;
    let host = world.app.url.authority().to_owned();
    let foreign = ("origin", "https://evil.example");
    for (headers, expected) in [
        (
            vec![("host", "evil.example"), ("content-length", TOO_LARGE), foreign],
            StatusCode::MISDIRECTED_REQUEST,
        ),
        (vec![("host", &*host), ("content-length", TOO_LARGE), foreign], StatusCode::PAYLOAD_TOO_LARGE),
        (vec![("host", &*host), foreign], StatusCode::FORBIDDEN),
        (vec![("host", &*host)], StatusCode::UNAUTHORIZED),
    ] {
        let router = app_routes(&world.app.auth);
        let refused = ask(router, Method::POST, "/protected", &headers, Body::empty()).await;
        assert_eq!(refused.status(), expected);
        for (name, value) in [
            ("x-content-type-options", "nosniff"),
            ("referrer-policy", "same-origin"),
            ("cross-origin-opener-policy", "same-origin"),
            ("cross-origin-resource-policy", "same-origin"),
            ("cache-control", "no-store"),
        ] {
            assert_eq!(refused.headers()[name], value, "{expected}");
        }
        let policy = refused.headers()["content-security-policy"].to_str().unwrap();
        assert!(policy.starts_with("default-src 'none'"), "{expected}");
    }
}

#[tokio::test]
async fn health_checks_answer_on_any_host_and_nothing_else_does() {
    let world = world().await;
    let by_address = [("host", "10.0.0.7:8080")];
    for (path, expected) in [
        ("/healthz", StatusCode::OK),
        ("/healthz/", StatusCode::MISDIRECTED_REQUEST),
        ("/", StatusCode::MISDIRECTED_REQUEST),
        ("/nothing", StatusCode::MISDIRECTED_REQUEST),
    ] {
        let router = app_routes(&world.app.auth);
        assert_eq!(
            ask(router, Method::GET, path, &by_address, Body::empty()).await.status(),
            expected,
            "{path}"
        );
    }
}

#[tokio::test]
async fn a_form_without_content_length_is_read_up_to_the_limit() {
    let world = world().await;
    let host = world.app.url.authority().to_owned();
    let headers = [("host", &*host), ("content-type", FORM)];
    for (pieces, expected) in [(1, StatusCode::SEE_OTHER), (2, StatusCode::PAYLOAD_TOO_LARGE)] {
        let piece = format!("x{}=&", "a".repeat(40 * 1024));
        let pieces = (0..pieces).map(move |number| Ok::<_, Infallible>(format!("{number}{piece}")));
        let body = Body::from_stream(stream::iter(pieces));
        let router = app_routes(&world.app.auth);
        assert_eq!(ask(router, Method::POST, "/auth/signout", &headers, body).await.status(), expected);
    }
}

#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl io::Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl MakeWriter<'_> for Lines {
    type Writer = Self;

    fn make_writer(&self) -> Self {
        self.clone()
    }
}

/// For a refusal without a body, a browser shows its own error page and blames the site.
#[tokio::test]
async fn every_refusal_has_a_body_for_people_and_programs() {
    let world = world().await;
    let host = world.app.url.authority().to_owned();
    for (method, path, status, name) in [
        (Method::GET, "/auth/nothing", StatusCode::NOT_FOUND, "not_found"),
        (Method::GET, "/auth/sessions/revoke", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::PUT, "/auth/signout", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::GET, "/auth/backchannel-logout", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
        (Method::DELETE, "/", StatusCode::METHOD_NOT_ALLOWED, "method_not_allowed"),
    ] {
        for (accept, content_type) in
            [("text/html,*/*", "text/html; charset=utf-8"), ("*/*", "application/json")]
        {
            let headers = [("host", &*host), ("accept", accept), ("sec-fetch-site", "same-origin")];
            let router = app_routes(&world.app.auth);
            let refused = ask(router, method.clone(), path, &headers, Body::empty()).await;
            assert_eq!(refused.status(), status, "{method} {path}");
            assert_eq!(refused.headers()["content-type"], content_type, "{method} {path}");
            assert_eq!(refused.headers().contains_key("allow"), status == StatusCode::METHOD_NOT_ALLOWED);
            let body = to_bytes(refused.into_body(), 10_000).await.unwrap();
            let text = String::from_utf8(body.to_vec()).unwrap();
            assert!(text.contains(name), "{method} {path}: {text:?}");
        }
    }
}

/// Old bookmarks of these endpoints lead to a page with a form. The session is kept.
#[tokio::test]
async fn a_get_of_sign_in_or_sign_out_redirects_to_the_form_and_changes_nothing() {
    let mut world = world().await;
    world.sign_in("/protected", "alice").await;
    let prefetch = [("sec-purpose", "prefetch"), ("sec-fetch-mode", "navigate")];
    for (path, to) in [
        ("/auth/signout", "/ssr-logout"),
        ("/auth/signout?callbackUrl=/dashboard", "/ssr-logout?callbackUrl=%2Fdashboard"),
        ("/auth/signout?callbackUrl=//evil.example", "/ssr-logout"),
        ("/auth/signout?callbackUrl=/auth/signout", "/ssr-logout"),
        ("/auth/signin/demo", "/login"),
        ("/auth/signin/demo?callbackUrl=/dashboard%3Fa", "/login?callbackUrl=%2Fdashboard%3Fa"),
        ("/auth/signin/demo?callbackUrl=/auth/signin/demo", "/login"),
        ("/auth/signin/nobody", "/login"),
    ] {
        for (method, headers) in
            [(Method::GET, &[][..]), (Method::HEAD, &[][..]), (Method::GET, &prefetch[..])]
        {
            let answer = world.browser.send(method.clone(), &world.app.at(path), headers, "").await;
            assert_eq!(
                (answer.status, answer.path()),
                (StatusCode::SEE_OTHER, to.to_owned()),
                "{method} {path}"
            );
            assert!(answer.set_cookies().is_empty(), "{method} {path}");
        }
    }
    assert_eq!(world.browser.get(&world.app.at("/protected")).await.status, StatusCode::OK);
}

/// A query can contain an authorization code.
#[tokio::test]
async fn log_lines_contain_the_path_and_never_the_query_or_a_cookie() {
    let world = world().await;
    let host = world.app.url.authority().to_owned();
    let lines = Lines::default();
    let subscriber =
        tracing_subscriber::fmt().with_writer(lines.clone()).with_max_level(tracing::Level::TRACE);
    let _guard = tracing::subscriber::set_default(subscriber.finish());
    const OPEN: PublicPaths = PublicPaths { pages: &["/broken"], others: &[], prefixes: &["/auth/"] };
    let broken = Router::new().route("/broken", get(async || StatusCode::INTERNAL_SERVER_ERROR));
    let router = protect(broken.merge(auth::routes::callbacks(&world.app.auth)), &world.app.auth, OPEN);
    let headers = [("host", &*host), ("origin", "https://evil.example"), ("cookie", "app.session=private")];
    for (method, path) in [
        (Method::GET, "/broken"),
        (Method::GET, "/protected"),
        (Method::POST, "/broken"),
        (Method::GET, "/auth/callback/demo"),
    ] {
        let url = format!("{path}?state=private&code=private");
        ask(router.clone(), method, &url, &headers, Body::empty()).await;
    }
    let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(text.contains("request failed") && text.contains("/auth/callback/demo"), "{text}");
    assert!(!text.contains("private"), "{text}");
}

#[tokio::test]
async fn robots_are_kept_out_where_the_operator_says_so() {
    let page = |world: &crate::support::World, path: &str| {
        let (router, host) = (app_routes(&world.app.auth), world.app.url.authority().to_owned());
        let path = path.to_owned();
        async move { ask(router, Method::GET, &path, &[("host", &host)], Body::empty()).await }
    };
    let world = world_with(vec![("AUTH_ROBOTS", "0".to_owned())]).await;
    for path in ["/", "/protected", "/healthz", "/nothing", "/auth/style.css"] {
        assert_eq!(page(&world, path).await.headers()["x-robots-tag"], "noindex, nofollow", "{path}");
    }
    let file = page(&world, "/robots.txt").await;
    assert_eq!(
        (file.status(), &file.headers()["x-robots-tag"]),
        (StatusCode::OK, &"noindex, nofollow".parse().unwrap())
    );
    assert!(file.headers()["content-type"].to_str().unwrap().starts_with("text/plain"));
    assert_eq!(to_bytes(file.into_body(), 100).await.unwrap(), "User-agent: *\nDisallow: /\n");

    let world = crate::support::world().await;
    assert!(!page(&world, "/").await.headers().contains_key("x-robots-tag"));
    assert_ne!(page(&world, "/robots.txt").await.status(), StatusCode::OK);
}

#[tokio::test]
async fn the_pages_of_refusals_have_the_operators_notice_as_text() {
    let world = world_with(vec![("AUTH_NOTICE", "Tests <only>.".to_owned())]).await;
    let host = world.app.url.authority().to_owned();
    for host in [host.as_str(), "evil.example"] {
        let headers = [("host", host), ("accept", "text/html")];
        let refused =
            ask(app_routes(&world.app.auth), Method::GET, "/auth/nothing", &headers, Body::empty()).await;
        assert!(refused.status().is_client_error());
        let body = to_bytes(refused.into_body(), 10_000).await.unwrap();
        let text = String::from_utf8_lossy(&body);
        assert!(
            text.contains(r#"<aside class="site-notice" aria-label="Notice">Tests &lt;only&gt;.</aside>"#),
            "{text}"
        );
    }
}
