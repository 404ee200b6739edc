//! The `Cookie` header: neighbours on the same domain can add cookies, and caches must not keep answers
//! that set one.

use crate::support::{World, world, world_with};
use chrono::TimeDelta;
use http::{HeaderName, Method, StatusCode};
use test_support::{Browser, Page};

const NAVIGATE: [(&str, &str); 3] =
    [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), ("sec-fetch-site", "cross-site")];

/// Returns a well-formed session id that opens no session.
fn junk(letter: char) -> String {
    letter.to_string().repeat(42) + "A"
}

impl World {
    fn session_cookie(&self) -> String {
        self.browser.cookie(&self.app.url, "app.session").unwrap()
    }

    /// Requests `path` with `line` as the only `Cookie` header.
    async fn with_line(&self, line: &str, path: &str) -> Page {
        let headers = [NAVIGATE[0], NAVIGATE[1], ("cookie", line)];
        Browser::new().send(Method::GET, &self.app.at(path), &headers, "").await
    }

    /// Signs in with a separate browser; returns the session cookie.
    async fn another(&mut self, user: &str) -> String {
        let first = std::mem::take(&mut self.browser);
        self.sign_in("/", user).await;
        let cookie = self.session_cookie();
        self.browser = first;
        cookie
    }
}

fn is_alice(page: &Page) -> bool {
    page.body.contains("Alice Adams")
}

#[tokio::test]
async fn a_cacheable_answer_sets_no_cookie_and_a_file_is_no_activity() {
    let mut world = world_with(vec![("AUTH_IDLE_TIMEOUT", "600".into())]).await;
    world.sign_in("/", "alice").await;
    let line = format!("app.session={}", world.session_cookie());
    for _ in 0..9 {
        world.app.clock.advance(TimeDelta::seconds(61));
        for file in ["/auth/style.css", "/auth/check-session.js"] {
            let headers = [NAVIGATE[0], NAVIGATE[1], NAVIGATE[2], ("cookie", line.as_str())];
            let answer = Browser::new().send(Method::GET, &world.app.at(file), &headers, "").await;
            assert_eq!(answer.status, StatusCode::OK, "{file}");
            assert!(answer.headers["cache-control"].to_str().unwrap().contains("public"), "{file}");
            assert!(answer.set_cookies().is_empty(), "{file}: {:?}", answer.set_cookies());
        }
    }
    // After ten minutes with requests for files only, the user is idle.
    world.app.clock.advance(TimeDelta::seconds(61));
    assert_eq!(world.with_line(&line, "/api/get-session-status?peek=1").await.json()["status"], 401);
}

#[tokio::test]
async fn an_answer_that_sets_a_cookie_or_depends_on_one_is_not_cacheable() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let line = format!("app.session={}", world.session_cookie());
    world.app.clock.advance(TimeDelta::seconds(61));
    let page = world.with_line(&line, "/protected").await;
    assert_eq!(page.set_cookies().len(), 1, "activity renews the cookie");
    for name in ["cache-control", "vary"].map(HeaderName::from_static) {
        let expected = if name == "vary" { "cookie" } else { "no-store" };
        assert_eq!(page.headers[name], expected);
    }
}

#[tokio::test]
async fn other_cookies_in_the_header_do_not_hide_the_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let own = world.session_cookie();
    let many: String = ('a'..='h').map(|letter| format!("app.session={}; ", junk(letter))).collect();
    for before in [
        "greeting=gr\u{fc}\u{df} dich; ".to_owned(),
        "app.session=; app.session=x; app.session=y; app.session=z; app.session=1; ".to_owned(),
        format!("app.session={}; ", "A".repeat(3_000)),
        many,
    ] {
        let answer = world.with_line(&format!("{before}app.session={own}"), "/auth/session").await;
        assert!(is_alice(&answer), "{before}: {}", answer.body);
    }
    // A sign-out finds the session too.
    let line = format!("app.session={}; app.session={own}", junk('q'));
    let headers = [("cookie", line.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let url = world.app.at("/auth/signout");
    Browser::new().send(Method::POST, &url, &headers, "scope=local").await;
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn too_many_session_cookies_open_no_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let flood: String = ('a'..='z').map(|letter| format!("app.session={}; ", junk(letter))).collect();
    let line = format!("{flood}app.session={}", world.session_cookie());
    let answer = world.with_line(&line, "/auth/session").await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::OK, "null"));
    assert!(answer.set_cookies()[0].contains("Max-Age=0"));
    assert_eq!(world.status().await, 200, "no session has ended");
    // A sign-out still ends the session.
    let headers = [("cookie", line.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let url = world.app.at("/auth/signout");
    Browser::new().send(Method::POST, &url, &headers, "scope=local").await;
    assert_eq!(world.status().await, 401);
}

/// After a change of the cookie domain, the browser sends the old cookie and the new cookie.
#[tokio::test]
async fn of_several_sessions_of_one_user_only_the_newest_is_kept() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let old = world.session_cookie();
    world.app.clock.advance(TimeDelta::seconds(5));
    let new = world.another("alice").await;
    for line in
        [format!("app.session={old}; app.session={new}"), format!("app.session={new}; app.session={old}")]
    {
        let page = world.with_line(&line, "/protected").await;
        assert_eq!((page.status, page.body.as_str()), (StatusCode::OK, "protected page"));
        let kept =
            page.set_cookies().into_iter().any(|cookie| cookie.starts_with(&format!("app.session={new};")));
        assert!(kept, "{:?}", page.set_cookies());
    }
    for (cookie, status) in [(&old, 401), (&new, 200)] {
        let line = format!("app.session={cookie}");
        let answer = world.with_line(&line, "/api/get-session-status?peek=1").await;
        assert_eq!(answer.json()["status"], status);
    }
}

#[tokio::test]
async fn sessions_of_several_users_in_one_browser_all_end() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let (own, planted) = (world.session_cookie(), world.another("bob").await);
    let line = format!("app.session={planted}; app.session={own}");
    assert_eq!(world.with_line(&line, "/auth/session").await.body, "null");
    for cookie in [own, planted] {
        let line = format!("app.session={cookie}");
        let answer = world.with_line(&line, "/api/get-session-status?peek=1").await;
        assert_eq!(answer.json()["status"], 401);
    }
}

#[tokio::test]
async fn a_thousand_planted_flows_are_cleared_a_few_at_a_time() {
    let world = world().await;
    let planted: String = (0..1_000).map(|number| format!("app.flow.a{number}=9999999999.x; ")).collect();
    let headers = [("cookie", planted.as_str()), ("content-type", "application/x-www-form-urlencoded")];
    let url = world.app.at("/auth/signin/demo");
    let begun = Browser::new().send(Method::POST, &url, &headers, "").await;
    assert_eq!(begun.status, StatusCode::OK);
    assert!((2..=6).contains(&begun.set_cookies().len()), "{}", begun.set_cookies().len());
}

#[tokio::test]
async fn a_flow_cookie_stays_below_the_size_limit_of_browsers() {
    let mut world = world().await;
    for path in ["a".repeat(2_000), "\u{e4}".repeat(600), "%22".repeat(650), "\"".repeat(650)] {
        let url = world.app.at("/auth/signin/demo");
        let begun = world.browser.submit(&url, &[("callbackUrl", &format!("/{path}"))]).await;
        assert!(begun.status == StatusCode::OK && !begun.set_cookies().is_empty());
        for cookie in begun.set_cookies() {
            assert!(cookie.len() <= 4_096, "{}", cookie.len());
        }
    }
}
