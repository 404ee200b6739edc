//! A sign-in through identity, over HTTP. The app, identity and the provider each have their own socket.

mod check;
mod dead_end;
mod fuzz;
mod handoff;
mod handoff_refusals;
mod handoff_session;
mod handoff_verify;
mod logout;
mod logout_browser;
mod metrics;
mod presence;
mod previews;
mod request_ids;
mod sign_in_events;
mod silent;
mod two_providers;
mod userinfo;

use super::*;
use crate::server::Messenger;
use dev_provider::{Endpoint, Fault};
use http::{Method, StatusCode};
use std::collections::HashMap;
use test_support::{App, AppOptions, Browser, Page, TestProvider, app_routes, bind};
use tokio::net::TcpListener;
use url::Url;

/// Partner's client secret at identity.
const APP_SECRET: &str = "partner's secret at identity, long enough";

/// The client secret of two more registered apps without a server: one with handoff, one without.
const OTHER_SECRET: &str = "the secret of two other apps, long enough";

struct World {
    provider: TestProvider,
    identity: App,
    app: App,
    browser: Browser,
}

/// Builds the complete router of identity, including its pages.
fn identity_app(registry: Registry) -> impl FnOnce(&Auth) -> Router {
    let options = serve::leptos_options("identity", ([127, 0, 0, 1], 0).into());
    move |auth| {
        let registry = Arc::new(registry);
        let messenger = Messenger::new(auth).unwrap();
        let fan_out = FanOut::new(auth, registry.clone(), messenger.clone(), RetryPolicy::default());
        auth.notify_apps_with(Arc::new(fan_out.clone()));
        tokio::spawn({
            let fan_out = fan_out.clone();
            async move { fan_out.run().await }
        });
        let announcer = Announcer::new(auth, registry.clone(), messenger.clone());
        router(auth, registry, (messenger, fan_out, announcer), &options)
    }
}

async fn world() -> World {
    world_with_fault(None).await
}

/// Starts a world whose provider has this fault from the start.
async fn world_with_fault(fault: Option<Fault>) -> World {
    world_with_options(fault, AppOptions::default(), app_routes).await
}

/// Starts a world whose provider has other settings.
async fn world_with_provider(settings: impl FnOnce(&mut dev_provider::Config)) -> World {
    world_of(None, AppOptions::default(), AppOptions::default(), app_routes, settings).await
}

/// Starts a world with other options and another router for the app.
async fn world_with_options(
    fault: Option<Fault>,
    options: AppOptions<'_>,
    app: impl FnOnce(&Auth) -> Router,
) -> World {
    world_with_builder(fault, AppOptions::default(), options, app).await
}

/// Starts a world with other options for identity as well.
async fn world_with_builder(
    fault: Option<Fault>,
    of_identity: AppOptions<'_>,
    options: AppOptions<'_>,
    app: impl FnOnce(&Auth) -> Router,
) -> World {
    world_of(fault, of_identity, options, app, |_| {}).await
}

/// Starts a world with all options.
async fn world_of(
    fault: Option<Fault>,
    of_identity: AppOptions<'_>,
    options: AppOptions<'_>,
    app: impl FnOnce(&Auth) -> Router,
    settings: impl FnOnce(&mut dev_provider::Config),
) -> World {
    world_at(bind().await, fault, of_identity, options, app, settings).await
}

/// Starts a world with all options, whose identity listens on this socket.
async fn world_at(
    identity_socket: (TcpListener, u16),
    fault: Option<Fault>,
    of_identity: AppOptions<'_>,
    options: AppOptions<'_>,
    app: impl FnOnce(&Auth) -> Router,
    settings: impl FnOnce(&mut dev_provider::Config),
) -> World {
    let app_socket = bind().await;
    let identity_url: Url = format!("http://localhost:{}", identity_socket.1).parse().unwrap();
    let provider = TestProvider::start_with(&[&identity_url], |config| {
        config.clients[0].backchannel_logout_uri = identity_url.join("/auth/backchannel-logout").ok();
        settings(config);
    })
    .await;
    let clock = || provider.clock.clone();
    fault.into_iter().for_each(|fault| provider.faults().add(fault));
    let app_url = format!("http://partner.localhost:{}", app_socket.1);
    let registry = format!(
        "[[app]]\nclient_id = 'partner'\nname = 'Partner'\norigins = ['{app_url}']\n\
         client_secret_env = 'PARTNER'\nbackchannel_logout_uri = '{app_url}/auth/backchannel-logout'\n\
         browser_event_uri = '{app_url}/auth/browser-event'\n\
         handoff = true\n\
         [[app]]\nclient_id = 'other'\nname = 'Other'\norigins = ['http://other.localhost:9']\n\
         client_secret_env = 'OTHER'\nhandoff = true\n\
         [[app]]\nclient_id = 'closed'\nname = 'Closed'\norigins = ['http://closed.localhost:9']\n\
         client_secret_env = 'CLOSED'
         [[app]]\nclient_id = 'previews'\nname = 'Previews'\npreview = true\n\
         origins = ['http://pr-*.preview.localhost:9']\nclient_secret_env = 'PREVIEWS'\n\
         backchannel_logout_path = '/auth/backchannel-logout'\n\
         [app.providers.demo]\nclient_id = 'client-of-previews'",
    );
    let secret = |name: &str| Some(if name == "PARTNER" { APP_SECRET } else { OTHER_SECRET }.to_owned());
    let registry = Registry::parse(&registry, secret).unwrap();
    let identity =
        App::start(identity_socket, &provider.issuer, clock(), of_identity, identity_app(registry)).await;
    let proxy = format!("{}/auth", identity_url.as_str().trim_end_matches('/'));
    let mut vars = vec![
        ("AUTH_REDIRECT_PROXY_URL", proxy),
        ("AUTH_IDENTITY_ID", "partner".to_owned()),
        ("AUTH_IDENTITY_SECRET", APP_SECRET.to_owned()),
    ];
    vars.extend(options.vars);
    let options = AppOptions { vars, host: Some("partner.localhost"), ..options };
    let app = App::start(app_socket, &provider.issuer, clock(), options, app).await;
    World { provider, identity, app, browser: Browser::new() }
}

impl World {
    /// Begins a sign-in at the app; returns its redirect to identity.
    async fn begin(&mut self) -> Page {
        self.browser.post(&self.app.at("/auth/signin/demo"), &[("callbackUrl", "/protected?tab=2")]).await
    }

    /// Goes through the provider as Alice; returns the redirect to identity's callback.
    async fn at_provider(&mut self) -> Page {
        let begun = self.begin().await;
        let login = self.browser.follow(begun).await;
        self.provider.continue_as(&mut self.browser, &login, "alice").await
    }

    async fn status(&mut self) -> String {
        self.browser.get(&self.app.at("/api/get-session-status?peek=1")).await.body
    }
}

/// Where each answer came from, by the names of the origins that a test knows.
fn way_of(pages: &[Page], known: &[(&Url, &str)]) -> Vec<String> {
    let home = |url: &Url| {
        let known = known.iter().find(|(known, _)| known.origin() == url.origin());
        known.map_or("elsewhere", |(_, name)| *name)
    };
    pages.iter().map(|page| format!("{} {}", home(&page.url), page.url.path())).collect()
}

fn params(url: &Url) -> HashMap<String, String> {
    url.query_pairs().into_owned().collect()
}

const SIGNED_IN: &str = r#"{"status":200}"#;
const SIGNED_OUT: &str = r#"{"status":401}"#;

#[tokio::test]
async fn an_app_on_another_domain_signs_in_through_identity() {
    let mut world = world().await;
    let begun = world.begin().await;
    let to_identity = begun.location().unwrap();
    assert_eq!((to_identity.origin(), to_identity.path()), (world.identity.url.origin(), "/authorize"));
    assert!(!to_identity.as_str().contains("code_verifier"));

    let passed_on = world.browser.get(&to_identity).await;
    assert_eq!(passed_on.status, StatusCode::FOUND);
    let (asked, sent) = (params(&to_identity), params(&passed_on.location().unwrap()));
    assert_eq!(sent["redirect_uri"], world.identity.at("/auth/callback/demo").as_str());
    assert_eq!((&sent["nonce"], &sent["code_challenge"]), (&asked["nonce"], &asked["code_challenge"]));
    assert_ne!(sent["state"], asked["state"], "identity uses its own state");

    let login = world.browser.follow(passed_on).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "alice").await;
    let back = world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let callback = back.location().unwrap();
    assert_eq!((callback.origin(), callback.path()), (world.app.url.origin(), "/auth/callback/demo"));
    assert_eq!(params(&callback)["state"], asked["state"]);

    let done = world.browser.get(&callback).await;
    assert_eq!(done.path(), "/protected?tab=2");
    assert_eq!(world.browser.follow(done).await.body, "protected page");
    let at_identity = world.browser.get(&world.identity.at("/auth/session")).await;
    assert_eq!(at_identity.body, "null", "identity has no session");
}

#[tokio::test]
async fn an_unregistered_source_gets_a_400_page_and_nothing_else() {
    let mut world = world().await;
    let begun = world.begin().await;
    let good = begun.location().unwrap();
    for source in [
        "http://evil.localhost:1",
        "//evil",
        "javascript:alert(1)",
        "http://partner.localhost.evil.example",
        "",
    ] {
        let mut url = good.clone();
        let others: Vec<_> =
            good.query_pairs().into_owned().filter(|(name, _)| name != "source_url").collect();
        url.query_pairs_mut().clear().extend_pairs(others).append_pair("source_url", source);
        let refused = world.browser.get(&url).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{source}");
        assert!(refused.location().is_none() && refused.set_cookies().is_empty(), "{source}");
        assert!(refused.body.contains("unregistered_source_url"), "{source}");
    }
    for extra in ["scope=all", "redirect_uri=https://evil.example", "client_id=x", "source_url=http://x"] {
        let refused = world.browser.get(&format!("{good}&{extra}").parse().unwrap()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{extra}");
        assert!(refused.body.contains("invalid_parameters"), "{extra}");
    }
}

#[tokio::test]
async fn a_flow_belongs_to_the_browser_that_began_it() {
    let mut world = world().await;
    // An attacker begins in another browser and has the victim finish at identity.
    let answer = world.at_provider().await;
    let refused = Browser::new().get(&answer.location().unwrap()).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("invalid_state") && refused.location().is_none());
    // The browser that began the flow can finish it, once.
    let back = world.browser.get(&answer.location().unwrap()).await;
    assert_eq!(back.status, StatusCode::SEE_OTHER);
    let again = world.browser.get(&answer.location().unwrap()).await.location().unwrap();
    assert!(again.origin() == world.app.url.origin() && !params(&again).contains_key("code"), "{again}");
    // The app also refuses the code in another browser.
    let injected = Browser::new().get(&back.location().unwrap()).await;
    assert_eq!(injected.path(), "/login?error=invalid_state&callbackUrl=%2Fprotected%3Ftab%3D2");
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn an_old_unknown_or_foreign_callback_is_a_400() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    let callback = answer.location().unwrap();
    let mut other_provider = callback.clone();
    other_provider.set_path("/auth/callback/google");
    for url in
        ["/auth/callback/demo?code=x", "/auth/callback/demo?code=x&state=unknown", "/auth/callback/demo"]
    {
        let refused = world.browser.get(&world.identity.at(url)).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{url}");
    }
    let head = world.browser.send(Method::HEAD, &callback, &[], "").await;
    assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED);
    let mixed_up = Browser::new().get(&other_provider).await;
    assert_eq!(mixed_up.status, StatusCode::BAD_REQUEST);

    let answer = {
        let begun = world.begin().await;
        let at_identity = world.browser.get(&begun.location().unwrap()).await;
        world.browser.get(&at_identity.location().unwrap()).await
    };
    world.identity.clock.advance(chrono::TimeDelta::minutes(10));
    let answer = answer.location().unwrap();
    let late = world.browser.get(&answer).await.location().unwrap();
    assert!(!params(&late).contains_key("code"), "back to the app, without the answer: {late}");
    assert_eq!(Browser::new().get(&answer).await.status, StatusCode::BAD_REQUEST);
}

#[tokio::test]
async fn a_refusal_of_the_provider_reaches_the_app_that_asked() {
    let mut world = world().await;
    let url = world.app.at("/auth/signin/demo");
    let begun = world.browser.post(&url, &[("prompt", "none"), ("callbackUrl", "/protected")]).await;
    let ended = world.browser.follow(begun).await;
    assert_eq!(
        ended.url.as_str(),
        world.app.at("/login?error=login_required&callbackUrl=%2Fprotected").as_str()
    );
}

#[tokio::test]
async fn a_sign_out_goes_to_the_provider_and_comes_back_through_identity() {
    let mut world = world().await;
    let answer = world.at_provider().await;
    world.browser.follow(answer).await;
    assert_eq!(world.status().await, SIGNED_IN);
    let left = world.browser.post(&world.app.at("/auth/signout"), &[("callbackUrl", "/public")]).await;
    assert_eq!(world.status().await, SIGNED_OUT);
    let at_identity = world.browser.get(&left.location().unwrap()).await.location().unwrap();
    assert_eq!(
        (at_identity.origin(), at_identity.path()),
        (world.identity.url.origin(), "/auth/logout/callback")
    );
    let at_app = world.browser.get(&at_identity).await.location().unwrap();
    assert_eq!((at_app.origin(), at_app.path()), (world.app.url.origin(), "/auth/logout/callback"));
    assert_eq!(world.browser.get(&at_app).await.path(), "/public");
}

#[tokio::test]
async fn a_logout_state_with_an_unregistered_origin_stays_at_identity() {
    let mut world = world().await;
    let stranger = auth::origin::Origin::parse("https://evil.example").unwrap();
    for state in [auth::logout::logout_state("x", &stranger), "x".into(), String::new()] {
        let url = world.identity.at(&format!("/auth/logout/callback?state={state}"));
        let page = world.browser.get(&url).await;
        assert_eq!(page.path(), "/signed-out", "{state}");
    }
}

#[tokio::test]
async fn identity_has_its_own_sign_in() {
    let mut world = world().await;
    let url = world.identity.at("/auth/signin/demo");
    let begun = world.browser.post(&url, &[("callbackUrl", "/?tab=2")]).await;
    let login = world.browser.follow(begun).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "bob").await;
    let page = world.browser.follow(answer).await;
    assert_eq!(page.url.as_str(), world.identity.at("/?tab=2").as_str());
    assert!(page.body.contains("Bob Brown"));
    assert_eq!(world.status().await, SIGNED_OUT, "the app stays signed out");
}

#[tokio::test]
async fn a_provider_that_is_down_is_a_503_and_an_unknown_one_a_400() {
    let mut world = world_with_fault(Some(Fault::Status500(Endpoint::Discovery))).await;
    let challenge = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";
    let source = world.app.url.origin().ascii_serialization();
    let authorize = |provider: &str| {
        format!(
            "/authorize?source_url={source}&provider={provider}&state=s&nonce=n&code_challenge={challenge}\
             &code_challenge_method=S256"
        )
    };
    let down = world.browser.get(&world.identity.at(&authorize("demo"))).await;
    assert_eq!(down.status, StatusCode::SERVICE_UNAVAILABLE);
    assert_eq!(down.headers["retry-after"], "5");
    assert!(down.set_cookies().is_empty());
    // The visitor did not ask to sign in, so the app gets an answer and shows no error.
    let silent = world.browser.get(&world.identity.at(&format!("{}&prompt=none", authorize("demo")))).await;
    let back = silent.location().unwrap();
    assert_eq!(back.origin(), world.app.url.origin());
    let answer = params(&back);
    assert_eq!((answer["error"].as_str(), answer["state"].as_str()), ("temporarily_unavailable", "s"));
    let unknown = world.browser.get(&world.identity.at(&authorize("google"))).await;
    assert_eq!(unknown.status, StatusCode::BAD_REQUEST);
    assert!(unknown.body.contains("unknown_provider"));
}
