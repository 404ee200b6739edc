//! Random requests to a router; the same seed gives the same requests.
//!
//! Each response must arrive in time and must not be a 5xx. No request may cause a panic, and memory use must
//! not grow.
//!
//! `FUZZ_SECONDS` (default 3) sets the duration, `FUZZ_SEED` (default 1) the seed; `make fuzz` sets both.

use auth::random::Random;
use axum::{Router, body::Body};
use http::{Request, StatusCode, header};
use http_body_util::BodyExt;
use std::{
    env,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};
use tokio::time::timeout;
use tower::ServiceExt;

/// Time-out for the head of a response.
const TIMEOUT: Duration = Duration::from_secs(20);
/// How long to wait for the next frame of a body. An endless stream is left after this time.
const LISTEN: Duration = Duration::from_millis(5);
/// Maximum length of a response body, bytes.
const LONGEST: usize = 1024 * 1024;
/// Maximum length of a request in a failure message, bytes.
const LONGEST_SHOWN: usize = 800;
/// Maximum growth of memory use, MB.
const GROWTH: usize = 256;

const METHODS: [&str; 9] = ["GET", "GET", "HEAD", "POST", "POST", "PUT", "DELETE", "OPTIONS", "BREW"];
const NASTY: [&str; 22] = [
    "",
    "/",
    "//",
    "..",
    "%2e%2e",
    "%00",
    "%0d%0a",
    "%ff",
    "%",
    "%zz",
    "\\",
    "'",
    "\"",
    "<script>",
    "ä",
    "null",
    "-1",
    "9999999999999999999999",
    "https://evil.example/",
    "javascript:alert(1)",
    "a b",
    "{}",
];

/// The paths that every app has.
pub const COMMON_PATHS: [&str; 28] = [
    "/",
    "/login",
    "/ssr-logout",
    "/signed-out",
    "/auth/signin",
    "/auth/signin/demo",
    "/auth/signin/nobody",
    "/auth/callback/demo",
    "/auth/logout/callback",
    "/auth/signout",
    "/auth/session",
    "/auth/sessions",
    "/auth/sessions/revoke",
    "/auth/sessions/x",
    "/auth/providers",
    "/auth/events",
    "/auth/activity",
    "/auth/idle",
    "/auth/silent",
    "/auth/check-session",
    "/auth/come-back",
    "/auth/backchannel-logout",
    "/auth/style.css",
    "/api/get-session-status",
    "/api/renew-token",
    "/pkg/app.js",
    "/healthz",
    "/readyz",
];

/// A router to test, and the values that its requests are built from.
pub struct Target<'a> {
    /// The router, layers included.
    pub router: Router,
    /// The host that the router accepts.
    pub host: String,
    /// The router's paths.
    pub paths: &'a [&'a str],
    /// Query parameters and form fields that the router knows.
    pub fields: &'a [&'a str],
    /// Valid values of some of these fields.
    pub values: &'a [&'a str],
    /// Valid cookies, as `name=value`.
    pub cookies: Vec<String>,
}

struct Source(Random);

impl Source {
    fn below(&self, most: usize) -> usize {
        usize::try_from(u32::from_le_bytes(self.0.bytes())).unwrap() % most
    }

    fn one_in(&self, number: usize) -> bool {
        self.below(number) == 0
    }

    fn one<'a>(&self, of: &[&'a str]) -> &'a str {
        of[self.below(of.len())]
    }

    fn word(&self) -> String {
        match self.below(8) {
            0 => "x".repeat(self.below(5_000)),
            1 => self.0.token(),
            _ => NASTY[self.below(NASTY.len())].to_owned(),
        }
    }

    fn path(&self, paths: &[&str]) -> String {
        let mut path = self.one(paths).to_owned();
        while self.one_in(3) {
            let at = self.below(path.len() + 1);
            if path.is_char_boundary(at) {
                path.insert_str(at, &self.word());
            }
        }
        path
    }

    fn pairs(&self, target: &Target<'_>, most: usize) -> String {
        let mut pairs = url::form_urlencoded::Serializer::new(String::new());
        for _ in 0..self.below(most) {
            let name = if self.one_in(6) { self.word() } else { self.one(target.fields).to_owned() };
            let value = if self.one_in(3) { self.one(target.values).to_owned() } else { self.word() };
            pairs.append_pair(&name, &value);
        }
        pairs.finish()
    }

    fn header(&self, target: &Target<'_>) -> (&'static str, String) {
        let host = &target.host;
        match self.below(14) {
            0 => ("origin", [format!("http://{host}"), "null".into(), self.word()][self.below(3)].clone()),
            1 => {
                ("sec-fetch-site", self.one(&["same-origin", "same-site", "cross-site", "none", "x"]).into())
            }
            2 => ("sec-fetch-mode", self.one(&["navigate", "cors", "no-cors", "websocket"]).into()),
            3 => ("sec-fetch-dest", self.one(&["document", "iframe", "empty", "script"]).into()),
            4 => ("accept", self.one(&["text/html", "*/*", "application/json", "text/event-stream"]).into()),
            5 => ("referer", [format!("http://{host}/dashboard"), self.word()][self.below(2)].clone()),
            6 => ("x-forwarded-for", self.word()),
            7 => ("authorization", format!("{} {}", self.one(&["Basic", "Bearer", ""]), self.word())),
            8 => ("last-event-id", self.word()),
            9 => ("range", self.one(&["bytes=0-", "bytes=9999-1", "bytes=-1", "x"]).into()),
            10 => ("upgrade", "websocket".into()),
            11 => ("content-length", self.one(&["0", "65537", "99999999999", "x"]).into()),
            12 => ("if-none-match", self.word()),
            _ => ("user-agent", self.word()),
        }
    }

    fn cookies(&self, target: &Target<'_>) -> String {
        let mut line = String::new();
        for _ in 0..self.below(6) {
            let cookie = &target.cookies[self.below(target.cookies.len())];
            let name = cookie.split('=').next().unwrap_or_default();
            line += &if self.one_in(3) { format!("{name}={}; ", self.word()) } else { format!("{cookie}; ") };
        }
        line
    }

    fn request(&self, target: &Target<'_>) -> Option<Request<Body>> {
        let query = if self.one_in(2) { format!("?{}", self.pairs(target, 8)) } else { String::new() };
        let mut request = Request::builder()
            .method(self.one(&METHODS))
            .uri(self.path(target.paths) + &query)
            .header(header::HOST, if self.one_in(30) { self.word() } else { target.host.clone() })
            .header(header::COOKIE, self.cookies(target));
        for _ in 0..self.below(6) {
            let (name, value) = self.header(target);
            request = request.header(name, value);
        }
        let (content_type, body) = match self.below(5) {
            0 => ("application/x-www-form-urlencoded", self.pairs(target, 40)),
            1 => ("application/x-www-form-urlencoded", self.pairs(target, 4)),
            2 => ("application/json", self.one(&["{}", "[", "null", r#"{"a":{"b":[1]}}"#]).to_owned()),
            3 => ("text/plain", "x".repeat(self.below(70_000))),
            _ => return request.body(Body::empty()).ok(),
        };
        request.header(header::CONTENT_TYPE, content_type).body(Body::from(body)).ok()
    }
}

/// Sends random requests to `target` for the configured time; returns the number of requests.
///
/// # Panics
/// When a response breaks a rule. The message contains the seed and the request.
pub async fn fuzz(target: Target<'_>) -> usize {
    let setting = |name: &str, default: u64| {
        env::var(name).ok().filter(|text| !text.is_empty()).map_or(default, |text| text.parse().unwrap())
    };
    let (seed, seconds) = (setting("FUZZ_SEED", 1), setting("FUZZ_SECONDS", 3));
    let panics = count_panics();
    let source = Source(Random::seeded(seed));
    let begun = Instant::now();
    let (mut asked, mut before) = (0, 0);
    while begun.elapsed() < Duration::from_secs(seconds) {
        let Some(request) = source.request(&target) else { continue };
        let mut shown = format!("seed {seed}, request {asked}: {request:?}");
        shown.truncate(shown.floor_char_boundary(LONGEST_SHOWN));
        let answer = timeout(TIMEOUT, target.router.clone().oneshot(request)).await;
        assert!(answer.is_ok(), "no response in time, {shown}");
        let answer = answer.unwrap().unwrap();
        let status = answer.status();
        // 501 is allowed: the gate cannot upgrade to a WebSocket without `auth::server`.
        assert!(!status.is_server_error() || status == StatusCode::NOT_IMPLEMENTED, "{status}, {shown}");
        let mut body = answer.into_body();
        let mut length = 0;
        while let Ok(Some(Ok(frame))) = timeout(LISTEN, body.frame()).await {
            length += frame.data_ref().map_or(0, |data| data.len());
            assert!(length < LONGEST, "the response is too long, {shown}");
        }
        assert_eq!(panics.load(Ordering::SeqCst), 0, "a request caused a panic, {shown}");
        asked += 1;
        if asked == 500 {
            before = memory();
        }
    }
    let grown = memory().saturating_sub(before);
    assert!(asked < 500 || grown < GROWTH, "memory grew by {grown} MB in {asked} requests, seed {seed}");
    asked
}

/// Counts all later panics of this process, panics in tasks included.
fn count_panics() -> Arc<AtomicUsize> {
    let panics = Arc::new(AtomicUsize::new(0));
    let (counted, usual) = (panics.clone(), std::panic::take_hook());
    std::panic::set_hook(Box::new(move |info| {
        counted.fetch_add(1, Ordering::SeqCst);
        usual(info);
    }));
    panics
}

/// Returns the resident memory of this process, MB; 0 without `/proc`.
fn memory() -> usize {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap_or_default();
    line.trim().split(' ').next().and_then(|kilobytes| kilobytes.parse::<usize>().ok()).unwrap_or(0) / 1024
}
