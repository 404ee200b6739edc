//! Silent sign-in: the guard asks the provider once before it asks the visitor.

use crate::support::{World, with_param, world, world_with, world_with_options};
use auth::{
    hooks::Verdict,
    session::{Session, SessionState},
};
use auth_types::EndReason;
use chrono::TimeDelta;
use dev_provider::{Endpoint, Fault};
use http::{Method, StatusCode};
use std::{convert::Infallible, future::ready, sync::Arc};
use test_support::{App, AppOptions, Browser, CLIENT_SECRET, Page, TestProvider, app_routes, bind};
use url::Url;

const PAGE: &str = "/protected?tab=2";
const LOGIN: &str = "/login?callbackUrl=%2Fprotected%3Ftab%3D2";
const SILENT: &str = "/auth/silent?callbackUrl=%2Fprotected%3Ftab%3D2";

impl World {
    /// Opens the protected page in a tab; returns every response on the way.
    async fn open(&mut self) -> Vec<Page> {
        let url = self.app.at(PAGE);
        self.browser.open(&url).await
    }

    /// Follows the silent sign-in to the provider's answer; returns the callback URL without requesting it.
    async fn answered(&mut self) -> Url {
        let guarded = self.browser.navigate(&self.app.at(PAGE)).await;
        assert_eq!(guarded.path(), SILENT);
        let begun = self.browser.navigate(&guarded.location().unwrap()).await;
        let answer = self.browser.navigate(&begun.location().unwrap()).await;
        answer.location().unwrap()
    }

    /// Signs in and lets the app's session expire. The provider's session continues.
    async fn with_expired_app_session(&mut self) {
        self.sign_in("/", "alice").await;
        self.app.clock.advance(TimeDelta::seconds(600));
        assert_eq!(self.status().await, 401);
    }

    fn guard_cookie(&self) -> Option<String> {
        self.browser.cookie(&self.app.url, "app.silent")
    }
}

async fn short_sessions() -> World {
    world_with(vec![("AUTH_SESSION_MAX_AGE", "600".into())]).await
}

fn path(page: &Page) -> &str {
    &page.url[url::Position::BeforePath..]
}

/// Returns how often the provider was asked.
fn asked(pages: &[Page]) -> usize {
    pages.iter().filter(|page| page.url.path() == "/authorize").count()
}

#[tokio::test]
async fn a_user_known_to_the_provider_lands_on_the_requested_page() {
    let mut world = short_sessions().await;
    world.with_expired_app_session().await;
    let pages = world.open().await;
    assert_eq!((path(pages.last().unwrap()), pages.last().unwrap().body.as_str()), (PAGE, "protected page"));
    assert_eq!((pages[0].status, pages[0].path().as_str()), (StatusCode::SEE_OTHER, SILENT));
    assert!(pages[0].body.is_empty() && pages[1].body.is_empty());
    let to_provider = pages[1].location().unwrap();
    assert_eq!(to_provider.origin(), world.provider.issuer.origin());
    assert!(to_provider.query_pairs().any(|(name, value)| (&*name, &*value) == ("prompt", "none")));
    assert_eq!(world.get("/auth/session").await.json()["user"]["name"], "Alice Adams");
}

#[tokio::test]
async fn a_visitor_unknown_to_the_provider_lands_on_sign_in_without_an_error() {
    let mut world = world().await;
    let pages = world.open().await;
    assert_eq!((path(pages.last().unwrap()), asked(&pages)), (LOGIN, 1));
    let again = world.open().await;
    assert_eq!((path(again.last().unwrap()), again.len(), asked(&again)), (LOGIN, 2, 0));
    let cookie = pages[1].set_cookies().into_iter().find(|cookie| cookie.starts_with("app.silent=")).unwrap();
    assert!(cookie.ends_with("; HttpOnly; SameSite=Lax; Path=/"), "not a browser-session cookie: {cookie}");
}

#[tokio::test]
async fn only_a_browser_that_opens_a_page_is_sent_to_the_provider() {
    let mut world = world().await;
    let tab = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    for (method, headers) in [
        (Method::GET, vec![("accept", "text/html")]),
        (Method::HEAD, tab.to_vec()),
        (Method::GET, vec![tab[0], ("sec-fetch-dest", "iframe")]),
        (Method::GET, vec![("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")]),
        (Method::GET, vec![tab[0], tab[1], ("sec-purpose", "prefetch")]),
    ] {
        let url = world.app.at(PAGE);
        let page = world.browser.send(method, &url, &headers, "").await;
        assert_eq!((page.status, page.path().as_str()), (StatusCode::SEE_OTHER, LOGIN), "{headers:?}");
        assert!(page.body.is_empty() && page.set_cookies().is_empty(), "{headers:?}");
    }
    let call = world.browser.send(Method::GET, &world.app.at("/api/anything"), &tab, "").await;
    assert_eq!(call.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_public_page_does_not_redirect() {
    let mut world = world().await;
    for path in ["/", "/login", "/signed-out"] {
        let page = world.browser.navigate(&world.app.at(path)).await;
        assert_eq!((page.status, page.set_cookies().len()), (StatusCode::OK, 0), "{path}");
    }
}

#[tokio::test]
async fn a_browser_without_cookies_lands_on_sign_in_without_asking_the_provider() {
    let world = world().await;
    let guarded = Browser::new().navigate(&world.app.at(PAGE)).await;
    assert_eq!(guarded.path(), SILENT);
    let refused = Browser::new().navigate(&guarded.location().unwrap()).await;
    assert_eq!((refused.path().as_str(), refused.set_cookies().len()), (LOGIN, 0));
    assert_eq!(Browser::new().navigate(&refused.location().unwrap()).await.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_cannot_begin_a_silent_sign_in() {
    let mut world = short_sessions().await;
    world.with_expired_app_session().await;
    let refused = world.browser.navigate(&world.app.at(SILENT)).await;
    assert_eq!((refused.path().as_str(), refused.set_cookies().len()), (LOGIN, 0));
    // A link cannot use up the guard's attempt either, and cannot lead to another site.
    for (wanted, led) in
        [("//evil.example/", "/login"), ("https://evil.example/", "/login"), ("%0d%0a", "/login")]
    {
        let page = world.browser.navigate(&world.app.at(&format!("/auth/silent?callbackUrl={wanted}"))).await;
        assert_eq!(page.path(), led, "{wanted}");
    }
    assert_eq!(path(world.open().await.last().unwrap()), PAGE);
}

#[tokio::test]
async fn head_and_prefetch_do_not_use_up_the_attempt() {
    let mut world = short_sessions().await;
    world.with_expired_app_session().await;
    let silent = world.browser.navigate(&world.app.at(PAGE)).await.location().unwrap();
    let sent = world.guard_cookie();
    let head = world.browser.send(Method::HEAD, &silent, &[], "").await;
    assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED);
    let prefetch = world.browser.send(Method::GET, &silent, &[("sec-purpose", "prefetch")], "").await;
    assert_eq!(prefetch.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(sent.is_some() && world.guard_cookie() == sent);
    let post = world.browser.post(&silent, &[]).await;
    assert_eq!(post.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(path(world.browser.open(&silent).await.last().unwrap()), PAGE);
}

#[tokio::test]
async fn a_signed_in_user_goes_straight_to_the_page() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let before = world.browser.cookie(&world.app.url, "app.session");
    let page = world.browser.navigate(&world.app.at(SILENT)).await;
    assert_eq!((page.path().as_str(), page.set_cookies().len()), (PAGE, 0));
    assert_eq!(world.browser.cookie(&world.app.url, "app.session"), before);
}

#[tokio::test]
async fn a_failed_silent_sign_in_shows_no_error() {
    for (error, iss) in [
        ("login_required", true),
        ("interaction_required", true),
        ("consent_required", true),
        ("account_selection_required", true),
        ("access_denied", true),
        ("invalid_request", true),
        ("server_error", true),
        // Some providers, such as kanidm, promise `iss` in their metadata and omit it from errors.
        ("login_required", false),
        ("<script>", false),
    ] {
        let mut world = world().await;
        let mut callback = with_param(&world.answered().await, "error", Some(error));
        if !iss {
            callback = with_param(&callback, "iss", None);
        }
        let pages = world.browser.open(&callback).await;
        assert_eq!((path(pages.last().unwrap()), pages.len()), (LOGIN, 2), "{error}");
        assert_eq!(path(world.open().await.last().unwrap()), LOGIN, "{error}: no second attempt");
    }
}

#[tokio::test]
async fn an_answer_in_another_browser_or_from_another_issuer_is_refused() {
    let mut world = short_sessions().await;
    world.with_expired_app_session().await;
    let callback = world.answered().await;
    let elsewhere = Browser::new().navigate(&callback).await;
    // No session, and no error for a sign-in that the visitor did not ask for: the page asks the usual way.
    assert_eq!(elsewhere.path(), PAGE);
    assert!(!elsewhere.set_cookies().iter().any(|cookie| cookie.contains("session=")));
    let foreign = with_param(&callback, "iss", Some("https://evil.example"));
    let refused = world.browser.navigate(&foreign).await;
    assert_eq!(refused.path(), LOGIN);
    assert_eq!(world.status().await, 401);
}

#[tokio::test]
async fn a_session_that_began_in_the_meantime_is_kept_whatever_the_answer() {
    for error in [None, Some("login_required"), Some("server_error")] {
        let mut world = short_sessions().await;
        world.with_expired_app_session().await;
        let mut callback = world.answered().await;
        if error.is_some() {
            callback = with_param(&with_param(&callback, "code", None), "error", error);
        }
        world.sign_in_again().await;
        let session = world.browser.cookie(&world.app.url, "app.session");
        let page = world.browser.navigate(&callback).await;
        assert_eq!(page.path(), PAGE, "{error:?}");
        assert_eq!(world.browser.cookie(&world.app.url, "app.session"), session, "{error:?}");
        assert_eq!(world.status().await, 200, "{error:?}");
    }
}

#[tokio::test]
async fn a_late_answer_does_not_undo_a_sign_out() {
    let mut world = short_sessions().await;
    world.with_expired_app_session().await;
    let callback = world.answered().await;
    world.sign_in_again().await;
    world.post("/auth/signout", &[("scope", "local")]).await;
    let page = world.browser.navigate(&callback).await;
    assert_eq!(page.path(), LOGIN);
    assert_eq!(world.status().await, 401);
}

impl World {
    /// Signs in manually while the provider already knows the user.
    pub(crate) async fn sign_in_again(&mut self) {
        let begun = self.begin("/").await;
        self.browser.follow(begun).await;
        assert_eq!(self.status().await, 200);
    }
}

#[tokio::test]
async fn a_provider_that_is_down_is_not_asked_and_a_store_that_is_down_is_a_503() {
    let mut world = world().await;
    world.provider.faults().add(Fault::Status500(Endpoint::Discovery));
    world.app.clock.advance(TimeDelta::seconds(60));
    let pages = world.open().await;
    assert_eq!((path(pages.last().unwrap()), asked(&pages)), (LOGIN, 0));
    assert_eq!(path(world.open().await.last().unwrap()), LOGIN);

    world.browser.plant(&world.app.url, "app.session", &"A".repeat(43));
    world.app.lose_store().await;
    let page = world.browser.navigate(&world.app.at(SILENT)).await;
    assert_eq!(page.status, StatusCode::SERVICE_UNAVAILABLE);
}

#[tokio::test]
async fn a_sign_out_is_not_undone_by_the_next_click() {
    let mut world = world().await;
    for scope in ["local", "global"] {
        world.browser = Browser::new();
        world.sign_in("/", "alice").await;
        world.post("/auth/signout", &[("scope", scope)]).await;
        let pages = world.open().await;
        assert_eq!((path(pages.last().unwrap()), asked(&pages)), (LOGIN, 0), "{scope}");
    }
}

#[tokio::test]
async fn ending_the_current_session_on_the_list_is_a_sign_out() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let list = world.get("/auth/sessions").await.json();
    let own = list.as_array().unwrap()[0]["id"].as_str().unwrap().to_owned();
    world.post("/auth/sessions/revoke", &[("id", &own)]).await;
    assert_eq!(world.status().await, 401);
    let pages = world.open().await;
    assert_eq!((path(pages.last().unwrap()), asked(&pages)), (LOGIN, 0));
}

#[tokio::test]
async fn a_revoked_idle_or_signed_out_session_is_not_resumed_silently() {
    for reason in [EndReason::Revoked, EndReason::Idle, EndReason::SignedOut] {
        for way in ["/", PAGE] {
            let mut world = world_with(vec![("AUTH_IDLE_TIMEOUT", "300".into())]).await;
            world.sign_in("/", "alice").await;
            let cookie = world.browser.cookie(&world.app.url, "app.session").unwrap();
            if reason == EndReason::Idle {
                world.app.clock.advance(TimeDelta::seconds(300));
            } else if let SessionState::SignedIn(Session { key, .. }) =
                world.app.auth.sessions().resolve(&cookie).await.unwrap()
            {
                world.app.auth.sessions().end(&key, reason).await.unwrap();
            }
            // The page that clears the session cookie must still record that the session was ended.
            let url = world.app.at(way);
            world.browser.open(&url).await;
            assert_eq!(world.browser.cookie(&world.app.url, "app.session"), None, "{reason:?} {way}");
            let pages = world.open().await;
            assert_eq!((path(pages.last().unwrap()), asked(&pages)), (LOGIN, 0), "{reason:?} {way}");
        }
    }
}

#[tokio::test]
async fn a_manual_sign_in_allows_silent_sign_in_again() {
    let mut world = short_sessions().await;
    world.open().await;
    assert!(world.guard_cookie().is_some());
    world.with_expired_app_session().await;
    assert_eq!(world.guard_cookie(), None);
    assert_eq!(path(world.open().await.last().unwrap()), PAGE);
}

#[tokio::test]
async fn a_browser_that_drops_only_the_session_cookie_does_not_loop() {
    let mut world = short_sessions().await;
    world.with_expired_app_session().await;
    let callback = world.answered().await;
    let page = world.browser.navigate(&callback).await;
    assert_eq!(page.path(), PAGE);
    world.browser.plant(&world.app.url, "app.session", "");
    let pages = world.open().await;
    assert_eq!((path(pages.last().unwrap()), asked(&pages)), (LOGIN, 0));
}

#[tokio::test]
async fn a_user_refused_by_the_app_sees_an_error_only_after_a_manual_sign_in() {
    let refuse = |_| ready(Ok::<_, Infallible>(Verdict::Refuse));
    let options =
        AppOptions { configure: Arc::new(move |builder| builder.sign_in(refuse)), ..AppOptions::default() };
    let mut world = world_with_options(options, None).await;
    let by_hand = world.sign_in(PAGE, "alice").await;
    assert_eq!(by_hand.path(), "/login?error=refused&callbackUrl=%2Fprotected%3Ftab%3D2");
    let refused = world.open().await;
    assert_eq!((path(refused.last().unwrap()), asked(&refused)), (LOGIN, 1));
    let again = world.open().await;
    assert_eq!((path(again.last().unwrap()), asked(&again)), (LOGIN, 0));
}

#[tokio::test]
async fn of_several_providers_the_last_used_one_is_asked() {
    let socket = bind().await;
    let origin: Url = format!("http://localhost:{}", socket.1).parse().unwrap();
    let provider = TestProvider::start_with(&[&origin], |config| {
        config.clients[0].redirect_uris.push(origin.join("/auth/callback/oidc").unwrap());
    })
    .await;
    let vars = vec![
        ("AUTH_OIDC_ID", "demo".to_owned()),
        ("AUTH_OIDC_SECRET", CLIENT_SECRET.to_owned()),
        ("AUTH_OIDC_ISSUER", provider.issuer.as_str().trim_end_matches('/').to_owned()),
        ("AUTH_SESSION_MAX_AGE", "600".to_owned()),
    ];
    let options = AppOptions { vars, ..AppOptions::default() };
    let app = App::start(socket, &provider.issuer, provider.clock.clone(), options, app_routes).await;
    let mut world = World { provider, app, browser: Browser::new() };
    assert_eq!(world.answered().await.path(), "/auth/callback/demo", "the first configured provider");

    let begun = world.post("/auth/signin/oidc", &[]).await;
    let login = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "alice").await;
    assert_eq!(world.browser.get(&answer.location().unwrap()).await.path(), "/");
    world.app.clock.advance(TimeDelta::seconds(600));
    assert_eq!(world.answered().await.path(), "/auth/callback/oidc");

    // A cookie that names an unknown provider is ignored.
    world.browser.plant(&world.app.url, "app.provider", "github");
    world.browser.plant(&world.app.url, "app.silent", "");
    assert_eq!(world.answered().await.path(), "/auth/callback/demo");
}

#[tokio::test]
async fn silent_sign_in_works_again_after_each_expiry() {
    let mut world = short_sessions().await;
    world.with_expired_app_session().await;
    for round in 0..3 {
        let pages = world.open().await;
        assert_eq!((path(pages.last().unwrap()), asked(&pages)), (PAGE, 1), "{round}");
        // A page that is opened with a live session clears the attempt.
        assert_eq!(world.guard_cookie(), None, "{round}");
        world.app.clock.advance(TimeDelta::seconds(600));
        assert_eq!(world.status().await, 401, "{round}");
    }
}

/// Browsers that restore their last session keep session cookies for ever.
#[tokio::test]
async fn a_failed_attempt_is_forgotten_after_half_a_day() {
    let mut world = world().await;
    for (passed, attempts) in [(0, 1), (0, 0), (11 * 60 + 59, 0), (2, 1), (0, 0)] {
        world.app.clock.advance(TimeDelta::minutes(passed));
        let pages = world.open().await;
        assert_eq!((path(pages.last().unwrap()), asked(&pages)), (LOGIN, attempts), "{passed}");
    }
}
