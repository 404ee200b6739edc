//! Silent sign-in where identity and the app have two providers. The user signed in with the second one elsewhere.

use super::{SIGNED_IN, SIGNED_OUT, World, params, way_of, world_at};
use chrono::TimeDelta;
use http::StatusCode;
use test_support::{AppOptions, CLIENT_SECRET, EventStream, TestProvider, app_routes, bind};
use url::Url;

/// A world with a second provider, `staff`, which the app may lack.
struct TwoProviders {
    world: World,
    staff: TestProvider,
}

async fn two_providers(app_has_both: bool) -> TwoProviders {
    let identity_socket = bind().await;
    let identity_url: Url = format!("http://localhost:{}", identity_socket.1).parse().unwrap();
    let staff = TestProvider::start_with(&[&identity_url], |config| {
        config.issuer.set_host(Some("staff.localhost")).unwrap();
        config.clients[0].redirect_uris.push(identity_url.join("/auth/callback/staff").unwrap());
    })
    .await;
    let vars = || {
        vec![
            ("AUTH_STAFF_ID", "demo".to_owned()),
            ("AUTH_STAFF_SECRET", CLIENT_SECRET.to_owned()),
            ("AUTH_STAFF_ISSUER", staff.issuer.as_str().trim_end_matches('/').to_owned()),
        ]
    };
    let of_identity = AppOptions { vars: vars(), ..AppOptions::default() };
    let of_app = AppOptions { vars: if app_has_both { vars() } else { Vec::new() }, ..AppOptions::default() };
    let world = world_at(identity_socket, None, of_identity, of_app, app_routes, |_| {}).await;
    TwoProviders { world, staff }
}

impl TwoProviders {
    /// Signs in at identity with the second provider.
    async fn sign_in_elsewhere(&mut self) {
        let World { browser, identity, .. } = &mut self.world;
        let begun = browser.post(&identity.at("/auth/signin/staff"), &[]).await;
        let login = browser.follow(begun).await;
        let answer = self.staff.continue_as(browser, &login, "alice").await;
        browser.follow(answer).await;
    }

    /// Opens the app's protected page in a tab. Returns where each answer came from, and the final page.
    async fn open(&mut self) -> (Vec<String>, String) {
        let World { browser, app, identity, provider } = &mut self.world;
        let pages = browser.open(&app.at("/protected?tab=2")).await;
        let known = [
            (&app.url, "app"),
            (&identity.url, "identity"),
            (&provider.issuer, "demo"),
            (&self.staff.issuer, "staff"),
        ];
        (way_of(&pages, &known), pages.last().unwrap().body.clone())
    }
}

#[tokio::test]
async fn a_user_of_the_second_provider_is_signed_in_silently_at_an_app_that_asks_the_first() {
    let mut world = two_providers(true).await;
    world.sign_in_elsewhere().await;
    let (way, page) = world.open().await;
    assert_eq!(
        way,
        [
            "app /protected",
            "app /auth/silent",
            "identity /authorize",
            "demo /authorize",
            "identity /auth/callback/demo",
            "app /auth/callback/demo",
            "identity /authorize",
            "staff /authorize",
            "identity /auth/callback/staff",
            "app /auth/callback/staff",
            "app /protected",
        ]
    );
    assert_eq!((page.as_str(), world.world.status().await.as_str()), ("protected page", SIGNED_IN));
    // The app asks this provider first from now on.
    assert_eq!(
        world.world.browser.cookies(&world.world.app.url, "provider").pop().unwrap().1,
        "staff",
        "the app remembers"
    );
}

#[tokio::test]
async fn no_third_question_and_no_error_where_the_second_provider_has_no_session_either() {
    let mut world = two_providers(true).await;
    world.sign_in_elsewhere().await;
    let TwoProviders { world: inner, staff } = &mut world;
    let provider_cookies: Vec<String> =
        inner.browser.cookies(&staff.issuer, "").into_iter().map(|(name, _)| name).collect();
    assert!(!provider_cookies.is_empty(), "the provider has a session in this browser");
    provider_cookies.iter().for_each(|name| inner.browser.plant(&staff.issuer, name, ""));
    let (way, _) = world.open().await;
    assert_eq!(way.last().unwrap(), "app /login", "{way:?}");
    assert_eq!(way.iter().filter(|step| step.ends_with(" /authorize")).count(), 4, "{way:?}");
    assert_eq!(world.world.status().await, SIGNED_OUT);
    assert_eq!(world.open().await.0, ["app /protected", "app /login"], "not again");
}

/// The user chose the second provider elsewhere. The first one may still know another user in this browser.
#[tokio::test]
async fn a_waiting_tab_comes_back_with_the_provider_of_the_sign_in_that_it_heard_of() {
    let mut world = two_providers(true).await;
    let answer = world.world.at_provider().await;
    assert_eq!(world.world.browser.follow(answer).await.body, "protected page");
    world.world.sign_out_of_app("global").await;
    // The event of the sign-in above may be late.
    world.world.app.clock.advance(TimeDelta::seconds(1));
    let handle = world.world.browser.cookie(&world.world.app.url, "app.browser").unwrap();
    let url = world.world.app.at("/auth/events?waiting");
    let mut tab = EventStream::open(&url, &format!("app.browser={handle}"), None).await.unwrap();
    world.sign_in_elsewhere().await;
    let event = tab.next_non_heartbeat().await.unwrap();
    let fields = [("callbackUrl", "/protected"), ("ticket", event.data["ticket"].as_str().unwrap())];
    let begun = world.world.browser.post(&world.world.app.at("/auth/come-back"), &fields).await;
    assert_eq!(params(&begun.location().unwrap())["provider"], "staff");
    assert_eq!(world.world.browser.follow(begun).await.body, "protected page");
    assert_eq!(world.world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn an_app_without_the_second_provider_does_not_ask_it() {
    let mut world = two_providers(false).await;
    world.sign_in_elsewhere().await;
    let (way, _) = world.open().await;
    assert_eq!(way[5..], ["app /auth/callback/demo", "app /login"], "{way:?}");
    assert_eq!(world.world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn a_provider_cannot_name_the_other_and_a_made_up_one_is_not_asked() {
    for named in ["demo", "nowhere", "", "staff"] {
        let mut world = two_providers(true).await;
        let World { browser, app, .. } = &mut world.world;
        let guarded = browser.navigate(&app.at("/protected")).await;
        let to_identity = browser.navigate(&guarded.location().unwrap()).await.location().unwrap();
        let to_provider = browser.navigate(&to_identity).await.location().unwrap();
        // The provider adds the parameter to its answer.
        let mut answer = browser.navigate(&to_provider).await.location().unwrap();
        answer.query_pairs_mut().append_pair("last_provider", named);
        let callback = browser.navigate(&answer).await.location().unwrap();
        assert!(!params(&callback).contains_key("last_provider"), "{callback}");
        // The browser adds it to the way back to the app: a known provider is asked, once, and no other.
        let mut planted = callback.clone();
        planted.query_pairs_mut().append_pair("last_provider", named);
        let end = browser.navigate(&planted).await;
        assert_eq!(end.status, StatusCode::SEE_OTHER);
        let expected = if named == "staff" { "/authorize" } else { "/login" };
        assert_eq!(end.location().unwrap().path(), expected, "{named}");
        if named == "staff" {
            let asked = params(&end.location().unwrap());
            assert_eq!((asked["provider"].as_str(), asked["prompt"].as_str()), ("staff", "none"));
        }
    }
}

#[tokio::test]
async fn identity_remembers_the_provider_of_a_sign_in_that_it_passed_on() {
    let mut world = two_providers(true).await;
    let remembered = |world: &TwoProviders| {
        let World { browser, identity, .. } = &world.world;
        browser.cookies(&identity.url, "provider").pop().map(|(_, value)| value)
    };
    let begin = async |world: &mut TwoProviders, id: &str| {
        let World { browser, app, .. } = &mut world.world;
        let begun = browser.post(&app.at(&format!("/auth/signin/{id}")), &[]).await;
        browser.follow(begun).await
    };
    // A cancelled sign-in is none.
    let login = begin(&mut world, "staff").await;
    let cancel = world.staff.issuer.join("/login").unwrap();
    let transaction = login.field("transaction").unwrap();
    let fields = [("transaction", transaction.as_str()), ("cancel", "yes")];
    let cancelled = world.world.browser.post(&cancel, &fields).await;
    world.world.browser.follow(cancelled).await;
    assert_eq!(remembered(&world), None);

    let login = begin(&mut world, "staff").await;
    let answer = world.staff.continue_as(&mut world.world.browser, &login, "alice").await;
    world.world.browser.follow(answer).await;
    assert_eq!(
        (world.world.status().await.as_str(), remembered(&world).as_deref()),
        (SIGNED_IN, Some("staff"))
    );
}
