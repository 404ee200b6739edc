//! The pages of refusals: what they say and offer to people, and the JSON that programs get instead.

use crate::support::world;
use auth::{Auth, Refusal, guard::PublicPaths, protect, routes};
use axum::{
    Router,
    body::{Body, to_bytes},
    extract::Path,
    routing::{any, get},
};
use http::{HeaderMap, Method, Request, StatusCode};
use serde_json::Value;
use tower::ServiceExt;

const PUBLIC: PublicPaths =
    PublicPaths { pages: &["/panics", "/busy"], others: &[], prefixes: &["/auth/", "/bare/"] };

/// An app with a path for each status without a body, a handler that panics, and one with a refusal that passes.
fn router(auth: &Auth) -> Router {
    let bare = async |Path(code): Path<u16>| StatusCode::from_u16(code).unwrap();
    let busy = async || Refusal::new(StatusCode::SERVICE_UNAVAILABLE, "busy", "Busy.").retry_after(1);
    let router = Router::new()
        .route("/bare/{code}", any(bare))
        .route("/panics", any(async || -> StatusCode { panic!("on purpose") }))
        .route("/busy", any(busy))
        .route("/protected", get(async || "protected page"))
        .merge(routes::common(auth));
    protect(router, auth, PUBLIC)
}

struct Answer {
    status: StatusCode,
    headers: HeaderMap,
    body: String,
}

impl Answer {
    fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap_or_else(|error| panic!("{error}: {}", self.body))
    }

    /// The text between the first `<tag` and `</tag>`.
    fn text_of(&self, tag: &str) -> &str {
        let from = self.body.split_once(&format!("<{tag}")).unwrap().1.split_once('>').unwrap().1;
        from.split_once(&format!("</{tag}>")).unwrap().0
    }
}

async fn ask(auth: &Auth, method: Method, path: &str, headers: &[(&str, &str)]) -> Answer {
    let host = auth.public_urls().canonical().split_once("://").unwrap().1.to_owned();
    let mut request = Request::builder().method(method).uri(path);
    if !headers.iter().any(|(name, _)| *name == "host") {
        request = request.header("host", host);
    }
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let (parts, body) =
        router(auth).oneshot(request.body(Body::empty()).unwrap()).await.unwrap().into_parts();
    let body = to_bytes(body, 20_000).await.unwrap();
    Answer { status: parts.status, headers: parts.headers, body: String::from_utf8(body.to_vec()).unwrap() }
}

const BROWSER: (&str, &str) = ("accept", "text/html,application/xhtml+xml,*/*;q=0.8");

/// The heading says what happened, the sentence what the visitor can do.
#[tokio::test]
async fn a_bare_status_gets_a_page_for_people_and_json_for_programs() {
    let world = world().await;
    for (code, name, heading, sentence) in [
        (400, "refused", "This request is not valid", "Check the address"),
        (401, "refused", "You are not signed in", "Please sign in"),
        (403, "refused", "This request is not allowed", "no permission"),
        (404, "not_found", "Page not found", "There is nothing at this address."),
        (405, "method_not_allowed", "This address cannot be opened like this", "Go to the start page"),
        (408, "refused", "The request took too long", "Please try again."),
        (410, "refused", "Page not found", "has been removed"),
        (413, "body_too_large", "You sent too much data", "Please send less."),
        (414, "refused", "The address is too long", "a shorter address"),
        (415, "refused", "The data has a wrong format", "Go back"),
        (421, "refused", "This address does not belong to this app", "check the address"),
        (422, "refused", "The data is not valid", "Go back and correct it."),
        (429, "refused", "You sent too many requests", "Please wait a moment"),
        (431, "refused", "Your browser sent too many cookies", "Delete the cookies"),
        (418, "refused", "The app did not accept this request", "Go to the start page."),
        (500, "unavailable", "An error happened in this app", "tell the operator"),
        (501, "unavailable", "This app cannot do that", "Go back"),
        (502, "unavailable", "This app cannot answer right now", "try again in a moment"),
        (503, "unavailable", "This app cannot answer right now", "try again in a moment"),
    ] {
        let path = format!("/bare/{code}");
        let page = ask(&world.app.auth, Method::GET, &path, &[BROWSER]).await;
        assert_eq!((page.status.as_u16(), page.text_of("h1")), (code, heading));
        assert_eq!(page.headers["content-type"], "text/html; charset=utf-8", "{code}");
        assert_eq!(page.text_of("title"), format!("Error {code}: {heading} · app"));
        let id = page.headers["x-request-id"].to_str().unwrap();
        for part in [
            r#"<html lang="en""#,
            r#"<meta name="robots" content="noindex">"#,
            r#"role="alert""#,
            sentence,
            &format!("Error {code}: <code>{name}</code>"),
            &format!("Request <code>{id}</code>"),
        ] {
            assert!(page.body.contains(part), "{code} {part}: {}", page.body);
        }
        for tag in ["<h1", "<main", "<title"] {
            assert_eq!(page.body.matches(tag).count(), 1, "{code} {tag}");
        }
        assert!(!page.body.contains("http-equiv"), "{code}: no page reloads without the visitor");
        for accept in ["application/json", "*/*", "text/event-stream"] {
            let answer = ask(&world.app.auth, Method::GET, &path, &[("accept", accept)]).await;
            assert_eq!(answer.status.as_u16(), code, "{accept}");
            assert_eq!(answer.headers["content-type"], "application/json", "{code} {accept}");
            let json = answer.json();
            assert_eq!(json["error"], name, "{code} {accept}");
            assert!(json["message"].as_str().unwrap().contains(sentence), "{json}");
            assert_eq!(json["request_id"], answer.headers["x-request-id"].to_str().unwrap());
        }
    }
}

#[tokio::test]
async fn a_handler_that_panics_is_a_500_and_the_app_goes_on() {
    let world = world().await;
    for method in [Method::GET, Method::POST] {
        let page = ask(&world.app.auth, method.clone(), "/panics", &[BROWSER]).await;
        assert_eq!(
            (page.status, page.text_of("h1")),
            (StatusCode::INTERNAL_SERVER_ERROR, "An error happened in this app")
        );
        assert!(!page.body.contains("on purpose"), "the cause is for the log only: {}", page.body);
        assert_eq!(
            page.headers["content-security-policy"].to_str().unwrap().split(';').next(),
            Some("default-src 'none'")
        );
        let answer = ask(&world.app.auth, method, "/panics", &[("accept", "*/*")]).await;
        assert_eq!(
            (answer.status, answer.json()["error"].as_str()),
            (StatusCode::INTERNAL_SERVER_ERROR, Some("unavailable"))
        );
    }
    assert_eq!(ask(&world.app.auth, Method::GET, "/auth/style.css", &[]).await.status, StatusCode::OK);
}

#[tokio::test]
async fn trouble_that_passes_says_when_and_where_to_try_again() {
    let mut world = world().await;
    let again = |path: &str| format!(r#"<a class="button" href="{path}">Try again</a>"#);
    let page = ask(&world.app.auth, Method::GET, "/busy?tab=2", &[BROWSER]).await;
    assert_eq!(page.headers["retry-after"], "1");
    assert!(
        page.body.contains("You can try again in 1 second.") && page.body.contains(&again("/busy?tab=2")),
        "{}",
        page.body
    );
    assert!(
        page.body.contains(r#"<a class="button secondary" href="/">Go to the start page</a>"#),
        "{}",
        page.body
    );

    // A form cannot be sent by a link.
    let page = ask(&world.app.auth, Method::POST, "/busy", &[BROWSER]).await;
    assert!(
        page.body.contains("Go back in your browser") && !page.body.contains(">Try again<"),
        "{}",
        page.body
    );
    assert!(page.body.contains(r#"<a class="button" href="/">Go to the start page</a>"#), "{}", page.body);

    let page = ask(&world.app.auth, Method::GET, "/bare/503", &[BROWSER]).await;
    assert_eq!(page.headers["retry-after"], "5");
    assert!(page.body.contains("You can try again in 5 seconds."), "{}", page.body);

    for code in [400, 401, 403, 404, 405, 413, 415, 421, 501] {
        let page = ask(&world.app.auth, Method::GET, &format!("/bare/{code}"), &[BROWSER]).await;
        assert!(
            !page.body.contains("ry again in") && !page.body.contains(">Try again<"),
            "{code}: {}",
            page.body
        );
    }

    world.sign_in("/", "alice").await;
    let cookie = format!("app.session={}", world.browser.cookie(&world.app.url, "app.session").unwrap());
    world.app.lose_store().await;
    let page = ask(&world.app.auth, Method::GET, "/protected?tab=2", &[BROWSER, ("cookie", &cookie)]).await;
    assert_eq!(
        (page.status, page.text_of("h1")),
        (StatusCode::SERVICE_UNAVAILABLE, "This app cannot answer right now")
    );
    assert!(
        page.body.contains("You can try again in 5 seconds.")
            && page.body.contains(&again("/protected?tab=2")),
        "{}",
        page.body
    );
    assert!(!page.headers.contains_key("set-cookie"), "the session is kept");
}

#[tokio::test]
async fn a_page_offers_what_helps_with_its_status() {
    let world = world().await;
    let page = ask(&world.app.auth, Method::GET, "/bare/401?x=1", &[BROWSER]).await;
    assert!(
        page.body.contains(r#"href="/login?callbackUrl=%2Fbare%2F401%3Fx%3D1">Sign in</a>"#),
        "{}",
        page.body
    );

    // At the wrong host, `/` would lead to the same page.
    let page = ask(&world.app.auth, Method::GET, "/anything", &[BROWSER, ("host", "evil.example")]).await;
    let own = world.app.auth.public_urls().canonical();
    assert!(page.body.contains(&format!(r#"<a class="button" href="{own}">Go to app</a>"#)), "{}", page.body);
    assert_eq!(page.body.matches("<a ").count(), 1, "{}", page.body);
}

/// Only the link to try again has a part of the request: the address, escaped.
#[tokio::test]
async fn no_page_repeats_what_the_request_contains() {
    let world = world().await;
    let headers = [
        BROWSER,
        ("user-agent", "m4rk3r"),
        ("referer", "m4rk3r"),
        ("x-forwarded-host", "m4rk3r"),
        ("x-request-id", "m4rk3r"),
    ];
    for code in [400, 403, 404, 405, 413, 415, 421, 501] {
        let page =
            ask(&world.app.auth, Method::GET, &format!("/bare/{code}?m4rk3r='&x=%3Cm4rk3r"), &headers).await;
        assert!(page.status.as_u16() == code && !page.body.contains("m4rk3r"), "{code}: {}", page.body);
    }
    let page = ask(&world.app.auth, Method::GET, "/m4rk3r//x?m4rk3r", &headers).await;
    assert!(page.status == StatusCode::BAD_REQUEST && !page.body.contains("m4rk3r"), "{}", page.body);
    let foreign = [BROWSER, ("host", "m4rk3r.example")];
    let page = ask(&world.app.auth, Method::GET, "/m4rk3r?m4rk3r", &foreign).await;
    assert!(page.status == StatusCode::MISDIRECTED_REQUEST && !page.body.contains("m4rk3r"), "{}", page.body);

    let page = ask(&world.app.auth, Method::GET, "/busy?x='&y=%22%3E", &headers).await;
    assert!(page.body.contains(r#"href="/busy?x='&amp;y=%22%3E""#), "{}", page.body);
}
