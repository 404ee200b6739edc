//! No spelling of a path makes the app render a page that the guard has not checked.
//!
//! Tested with the app's own router, and with a router like the one in the start-axum template, whose
//! fallback renders any page that `leptos_router` finds.

use super::*;
use axum::body::{Body, to_bytes};
use http::Request;
use leptos_axum::{LeptosRoutes, file_and_error_handler, generate_route_list};
use tower::ServiceExt;

/// Texts that appear only for signed-in users: one on `/protected`, one on `/dashboard`.
const MARKERS: [&str; 2] = ["Only signed-in users see this page", "Favourite number"];
const PAGES: [&str; 3] = ["protected", "dashboard", "session"];
const PREFIXES: [&str; 4] = ["/auth/", "/handoff/", "/pkg/", "/"];
const METHODS: [&str; 6] = ["GET", "HEAD", "POST", "PUT", "OPTIONS", "PROPFIND"];

/// The spellings with which some router might get from `prefix` to `page`.
fn spellings(prefix: &str, page: &str) -> Vec<String> {
    let mut spellings: Vec<String> = [
        "..",
        "%2e%2e",
        "%2E%2e",
        ".%2e",
        "%2e.",
        "x/../..",
        "x/%2e%2e/%2e%2e",
        "./..",
        "%2e/..",
        "..;",
        "..%00",
        "..%20",
        "%252e%252e",
        "%c0%ae%c0%ae",
        "..%ff",
    ]
    .iter()
    .flat_map(|up| {
        ["/", "//", "\\", "%2f", "%5c", "/./", "%2f%2f"]
            .map(|separator| format!("{prefix}{up}{separator}{page}"))
    })
    .collect();
    spellings.extend([
        format!("{prefix}/{page}"),
        format!("{prefix}\\..\\{page}"),
        format!("{prefix}%2e%2e%5c{page}"),
        format!("//evil.example/{page}"),
        format!("///{page}"),
        format!("/\\{page}"),
        format!("/./{page}"),
        format!("/%2e/{page}"),
        format!("/{page}/"),
        format!("/{page}/."),
        format!("/{page}/x/.."),
        format!("/{page}%20"),
        format!("/{page}%00"),
        format!("/{page};x=1"),
        format!("/{page}%2f"),
        format!("/{}", page.to_uppercase()),
        format!("/%{:02x}{}", page.as_bytes()[0], &page[1..]),
    ]);
    spellings
}

/// A router with the same pages, built like the one in the template.
fn template_router(auth: &Auth, options: &LeptosOptions) -> Router {
    let shell_of = |options: &LeptosOptions| {
        let options = options.clone();
        move || shell(options.clone())
    };
    let app = Router::new()
        .leptos_routes(options, generate_route_list(App), shell_of(options))
        .fallback(file_and_error_handler::<LeptosOptions, _>(shell))
        .with_state(options.clone())
        .merge(routes::common(auth))
        .layer(middleware::from_fn_with_state(auth.clone(), provide_page_context));
    protect(app, auth, PUBLIC)
}

#[tokio::test]
async fn no_spelling_of_a_path_shows_a_page_to_a_visitor_without_a_session() {
    let world = started("").await;
    let options = leptos_options("main", ([127, 0, 0, 1], 0).into());
    let host = world.app.url.authority().to_owned();
    let routers = [router(&world.app.auth, &options), template_router(&world.app.auth, &options)];
    let mut asked = 0;
    for (prefix, page) in PREFIXES.iter().flat_map(|prefix| PAGES.map(|page| (prefix, page))) {
        for spelling in spellings(prefix, page) {
            for (router, method) in routers.iter().flat_map(|router| METHODS.map(|method| (router, method))) {
                // A URI that the `http` crate rejects never reaches a router.
                let Ok(request) = Request::builder()
                    .method(method)
                    .uri(&spelling)
                    .header("host", &host)
                    .header("accept", "text/html")
                    .body(Body::empty())
                else {
                    continue;
                };
                let answer = router.clone().oneshot(request).await.unwrap();
                let status = answer.status();
                let body = to_bytes(answer.into_body(), 1_000_000).await.unwrap();
                let body = String::from_utf8_lossy(&body);
                asked += 1;
                assert!(status != StatusCode::OK, "{method} {spelling}: {status}");
                for marker in MARKERS {
                    assert!(!body.contains(marker), "{method} {spelling}: {status} {body}");
                }
            }
        }
    }
    assert!(asked > 10_000, "{asked}");
}

#[tokio::test]
async fn the_markers_are_on_the_pages_and_an_ambiguous_path_is_named() {
    let mut world = signed_in().await;
    for (path, marker) in [("/protected", MARKERS[0]), ("/dashboard", MARKERS[1])] {
        let page = world.browser.get(&world.app.at(path)).await;
        assert!(page.body.contains(marker), "{path}: {}", page.body);
    }
    let options = leptos_options("main", ([127, 0, 0, 1], 0).into());
    let request = Request::get("/handoff/%2e%2e/dashboard").header("host", world.app.url.authority());
    let refused =
        router(&world.app.auth, &options).oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    assert_eq!(refused.status(), StatusCode::BAD_REQUEST);
    let body = to_bytes(refused.into_body(), 10_000).await.unwrap();
    assert!(String::from_utf8_lossy(&body).contains("ambiguous_path"));
}
