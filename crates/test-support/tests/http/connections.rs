//! Connections: idle connections are closed, and open streams and WebSockets end with their session.

use crate::support::{World, world, world_with};
use auth::{
    cookie::SessionId,
    guard::PublicPaths,
    origin::PeerAddress,
    protect, routes,
    server::{Limits, serve_with},
};
use auth_types::EndReason;
use axum::{
    Router,
    body::{Body, Bytes},
    extract::Request,
    response::Response,
    routing::get,
};
use futures::stream;
use http::{HeaderValue, StatusCode, header};
use std::{convert::Infallible, net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};
use tower::ServiceExt;

/// Time-out that is long enough for a slow machine.
const TEST_TIMEOUT: Duration = Duration::from_secs(60);
const PUBLIC: PublicPaths = PublicPaths { pages: &["/"], others: &[], prefixes: &["/auth/"] };

/// Serves the app of `world` with a page, a WebSocket that echoes, and an endless stream.
async fn serving(world: &World, limits: Limits) -> SocketAddr {
    let (listener, _) = test_support::bind().await;
    let address = listener.local_addr().unwrap();
    let router = Router::new()
        .route("/", get(async || "start page"))
        .route("/socket", get(socket))
        .route("/endless", get(endless))
        .merge(routes::common(&world.app.auth));
    let router = protect(router, &world.app.auth, PUBLIC);
    tokio::spawn(serve_with(listener, router, limits, || ()));
    address
}

async fn socket(request: Request) -> Response {
    let upgrade = hyper::upgrade::on(request);
    tokio::spawn(async move {
        let mut io = hyper_util::rt::TokioIo::new(upgrade.await.unwrap());
        let mut bytes = [0; 4];
        while io.read_exact(&mut bytes).await.is_ok() {
            io.write_all(&bytes).await.unwrap();
        }
    });
    let mut answer = Response::new(Body::empty());
    *answer.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    answer.headers_mut().insert(header::CONNECTION, HeaderValue::from_static("upgrade"));
    answer.headers_mut().insert(header::UPGRADE, HeaderValue::from_static("websocket"));
    answer
}

async fn endless() -> Response {
    let ticks = stream::unfold((), |()| async {
        tokio::time::sleep(Duration::from_millis(20)).await;
        Some((Ok::<_, Infallible>(Bytes::from_static(b"tick")), ()))
    });
    Response::new(Body::from_stream(ticks))
}

fn quick() -> Limits {
    let [head, idle] = [200, 300].map(Duration::from_millis);
    Limits { connections: 4, head, idle, ..Limits::default() }
}

/// Reads until the end of the connection; returns whether the server closes it in time.
async fn is_closed(stream: &mut TcpStream) -> bool {
    let mut rest = Vec::new();
    timeout(TEST_TIMEOUT, stream.read_to_end(&mut rest)).await.is_ok()
}

async fn ask(stream: &mut TcpStream, request: &str) -> String {
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = vec![0; 4096];
    let length = timeout(TEST_TIMEOUT, stream.read(&mut answer)).await.unwrap().unwrap_or_default();
    String::from_utf8_lossy(&answer[..length]).into_owned()
}

impl World {
    fn host(&self) -> String {
        self.app.url.authority().to_owned()
    }

    fn request(&self, path: &str, headers: &str) -> String {
        format!("GET {path} HTTP/1.1\r\nhost: {}\r\n{headers}\r\n", self.host())
    }

    fn cookie(&self) -> String {
        let value = self.browser.cookie(&self.app.url, "app.session").unwrap();
        format!("cookie: app.session={value}\r\n")
    }

    async fn end_session(&self) {
        let value = self.browser.cookie(&self.app.url, "app.session").unwrap();
        let key = SessionId::parse(&value).unwrap().key();
        assert!(self.app.auth.sessions().end(&key, EndReason::Revoked).await.unwrap());
    }
}

#[tokio::test]
async fn silent_incomplete_and_idle_connections_are_closed() {
    let world = world().await;
    let address = serving(&world, quick()).await;
    for begun in ["", "G", "GET / HTTP/1.1\r\nhost: x", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"] {
        let mut stream = TcpStream::connect(address).await.unwrap();
        stream.write_all(begun.as_bytes()).await.unwrap();
        assert!(is_closed(&mut stream).await, "{begun:?}");
    }
    let mut kept = TcpStream::connect(address).await.unwrap();
    assert!(ask(&mut kept, &world.request("/", "")).await.starts_with("HTTP/1.1 200"));
    assert!(is_closed(&mut kept).await, "idle after a response");
}

#[tokio::test]
async fn at_the_connection_limit_the_longest_idle_connection_is_closed() {
    let world = world().await;
    let address = serving(&world, Limits { head: TEST_TIMEOUT, idle: TEST_TIMEOUT, ..quick() }).await;
    let mut silent = Vec::new();
    for _ in 0..12 {
        silent.push(TcpStream::connect(address).await.unwrap());
    }
    for _ in 0..8 {
        let mut visitor = TcpStream::connect(address).await.unwrap();
        assert!(ask(&mut visitor, &world.request("/", "")).await.starts_with("HTTP/1.1 200"));
    }
    assert!(is_closed(&mut silent[0]).await);
}

#[tokio::test]
async fn a_web_socket_needs_the_exact_origin_and_ends_with_its_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let address = serving(&world, quick()).await;
    let upgrade = "connection: upgrade\r\nupgrade: websocket\r\nsec-websocket-version: 13\r\n";
    for origin in
        ["", "origin: null\r\n", "origin: https://evil.example\r\n", "origin: http://sibling.localhost\r\n"]
    {
        let mut stream = TcpStream::connect(address).await.unwrap();
        let request = world.request("/socket", &format!("{upgrade}{origin}{}", world.cookie()));
        let answer = ask(&mut stream, &request).await;
        assert!(
            answer.starts_with("HTTP/1.1 403") && answer.contains("websocket_origin"),
            "{origin}: {answer}"
        );
    }
    let own = format!("{upgrade}origin: http://{}\r\n", world.host());
    let mut signed_out = TcpStream::connect(address).await.unwrap();
    assert!(ask(&mut signed_out, &world.request("/socket", &own)).await.starts_with("HTTP/1.1 303"));

    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = ask(&mut stream, &world.request("/socket", &format!("{own}{}", world.cookie()))).await;
    assert!(answer.starts_with("HTTP/1.1 101"), "{answer}");
    // The idle limit does not apply to an upgraded connection.
    tokio::time::sleep(quick().idle * 5).await;
    assert_eq!(ask(&mut stream, "ping").await, "ping");
    world.end_session().await;
    assert!(is_closed(&mut stream).await);
}

#[tokio::test]
async fn a_stream_ends_with_its_session_and_not_before() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let address = serving(&world, quick()).await;
    let mut stream = TcpStream::connect(address).await.unwrap();
    let answer = ask(&mut stream, &world.request("/endless", &world.cookie())).await;
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let mut bytes = [0; 1024];
    for _ in 0..20 {
        assert!(timeout(TEST_TIMEOUT, stream.read(&mut bytes)).await.unwrap().unwrap() > 0);
    }
    world.end_session().await;
    assert!(is_closed(&mut stream).await);
}

#[tokio::test]
async fn requests_are_rate_limited_per_address_and_a_forged_header_does_not_help() {
    let world = world_with(vec![("AUTH_TRUSTED_PROXIES", "10.0.0.1".into())]).await;
    let router = test_support::app_routes(&world.app.auth);
    let ask = async |peer: &str, forwarded: &str, path: &str| {
        let mut request = http::Request::get(path)
            .header("host", world.host())
            .header("x-forwarded-for", forwarded)
            .body(Body::empty())
            .unwrap();
        request.extensions_mut().insert(PeerAddress(format!("{peer}:4711").parse().unwrap()));
        router.clone().oneshot(request).await.unwrap()
    };
    for path in ["/auth/signin/demo", "/auth/callback/demo?state=x", "/auth/events?waiting"] {
        for number in 0..100 {
            let forged = format!("198.51.100.{number}");
            assert!(
                ask("203.0.113.9", &forged, path).await.status() != StatusCode::TOO_MANY_REQUESTS,
                "{number}"
            );
        }
        let refused = ask("203.0.113.9", "198.51.100.200", path).await;
        assert_eq!(refused.status(), StatusCode::TOO_MANY_REQUESTS, "{path}");
        assert_eq!(refused.headers()["retry-after"], "1");
        // Other addresses have separate limits. A trusted proxy's `X-Forwarded-For` names the address.
        for (peer, forwarded) in
            [("203.0.113.10", ""), ("10.0.0.1", "198.51.100.1"), ("10.0.0.1", "198.51.100.2")]
        {
            let answer = ask(peer, forwarded, path).await;
            assert!(answer.status() != StatusCode::TOO_MANY_REQUESTS, "{path} {peer} {forwarded}");
        }
    }
}

#[tokio::test]
async fn beyond_the_limit_per_user_the_oldest_session_ends() {
    let mut world = world_with(vec![("AUTH_MAX_SESSIONS_PER_USER", "3".into())]).await;
    let mut browsers = Vec::new();
    for _ in 0..5 {
        world.browser = test_support::Browser::new();
        world.sign_in("/", "alice").await;
        browsers.push(world.browser.clone());
        world.app.clock.advance(chrono::TimeDelta::seconds(1));
    }
    let mut statuses = Vec::new();
    for browser in browsers {
        world.browser = browser;
        statuses.push(world.status().await);
    }
    assert_eq!(statuses, [401, 401, 200, 200, 200]);
}
