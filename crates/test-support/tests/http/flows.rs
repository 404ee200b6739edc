//! Sign-ins under way: what their callbacks lead to when they come late, twice or elsewhere, and how many a browser keeps.

use crate::support::{World, with_param, world, world_with};
use http::StatusCode;
use test_support::Browser;
use url::Url;

impl World {
    /// Begins a sign-in and goes through the provider; returns the address of the callback.
    async fn sign_in_callback(&mut self, callback_url: &str) -> Url {
        self.at_provider(callback_url, "alice").await.location().unwrap()
    }
}

/// A world whose app has another `AUTH_SECRET`.
async fn world_with_other_secret() -> crate::support::World {
    let vars = vec![("AUTH_SECRET", "another secret of the same app, long enough".to_owned())];
    world_with(vars).await
}

#[tokio::test]
async fn a_late_used_or_foreign_callback_leads_to_the_page_that_was_wanted() {
    const PAGE: &str = "/protected?tab=1#part";
    const LOGIN: &str = "/login?error=invalid_state&callbackUrl=%2Fprotected%3Ftab%3D1%23part";
    let mut world = world().await;
    let callback = world.at_provider(PAGE, "alice").await.location().unwrap();
    assert_eq!(Browser::new().get(&callback).await.path(), LOGIN, "another browser");
    // No parameter of the callback names a page.
    let misled = with_param(&callback, "callbackUrl", Some("/elsewhere"));
    assert_eq!(Browser::new().get(&misled).await.path(), LOGIN);

    world.app.clock.advance(chrono::TimeDelta::minutes(11));
    assert_eq!(world.browser.get(&callback).await.path(), LOGIN, "too late");
    assert_eq!(world.status().await, 401);

    let again = world.at_provider_again(PAGE).await.location().unwrap();
    assert_eq!(world.browser.get(&again).await.path(), PAGE);
    for callback in [&again, &callback] {
        let used = world.browser.get(callback).await;
        assert_eq!(used.status, StatusCode::SEE_OTHER);
        assert_eq!(used.headers["location"], PAGE, "signed in: on to the page");
        assert_eq!(used.set_cookies(), [""; 0]);
    }
    world.post("/auth/signout", &[("scope", "local")]).await;
    assert_eq!(world.browser.get(&again).await.path(), LOGIN, "signed out again");
    assert_eq!(world.status().await, 401, "a used callback opens nothing");
}

#[tokio::test]
async fn a_state_that_this_app_did_not_make_names_no_page() {
    let mut world = world().await;
    let callback = world.sign_in_callback("/protected").await;
    let (_, state) = callback.query_pairs().find(|(name, _)| name == "state").unwrap();
    let mut changed = state.to_string();
    changed.replace_range(40..41, if &changed[40..41] == "A" { "B" } else { "A" });
    let other = world_with_other_secret().await.sign_in_callback("/protected").await;
    let (_, foreign) = other.query_pairs().find(|(name, _)| name == "state").unwrap();
    for state in [changed.as_str(), &foreign, &state[1..], "/protected", "%2Fprotected", ""] {
        let refused = Browser::new().get(&with_param(&callback, "state", Some(state))).await;
        assert_eq!(refused.path(), "/login?error=invalid_state", "{state}");
    }
}

#[tokio::test]
async fn the_cookies_of_flows_stay_small_whatever_page_is_wanted() {
    let mut world = world().await;
    let long = format!("/protected?q={}", "a".repeat(2_000));
    for round in 0..20 {
        world.app.clock.advance(chrono::TimeDelta::seconds(1));
        world.begin(if round % 3 == 0 { &long } else { "/protected?tab=1" }).await;
        let flows = world.browser.cookies(&world.app.url, ".flow.");
        let bytes: usize = flows.iter().map(|(name, value)| name.len() + 1 + value.len() + 2).sum();
        assert!(!flows.is_empty() && bytes < 4_096, "{round}: {} flows, {bytes} bytes", flows.len());
    }
    // The page survives, however long.
    let answer = world.at_provider(&long, "alice").await;
    assert_eq!(world.browser.get(&answer.location().unwrap()).await.path(), long);
}

/// The bytes of the headers, as a proxy reads them: `name: value\r\n`.
fn header_bytes(page: &test_support::Page) -> usize {
    page.headers.iter().map(|(name, value)| name.as_str().len() + value.len() + 4).sum()
}

/// nginx has 4 KB for the headers of an answer, and adds some headers.
#[tokio::test]
async fn each_answer_on_the_way_fits_into_the_buffer_of_a_proxy() {
    let plain = format!("/protected?q={}", "a".repeat(2_000));
    let encoded = format!("/protected?q={}", "%E6%97%A5".repeat(170));
    for long in [plain.as_str(), encoded.as_str()] {
        let mut world = world().await;
        // Sign-ins that the visitor left.
        for _ in 0..5 {
            world.app.clock.advance(chrono::TimeDelta::seconds(1));
            world.begin("/protected?tab=1").await;
        }
        // Silently, and then by hand.
        let url = world.app.at(long);
        let mut pages = world.browser.open(&url).await;
        assert_eq!(pages.last().unwrap().url.path(), "/login");
        let answer = world.at_provider(long, "alice").await;
        pages.push(world.browser.get(&answer.location().unwrap()).await);
        assert_eq!(pages.last().unwrap().path(), long, "the page survives");
        let signed_out = world.browser.post(&world.app.at("/auth/signout"), &[("callbackUrl", long)]).await;
        pages.push(signed_out);
        for page in pages.iter().filter(|page| page.url.origin() == world.app.url.origin()) {
            let bytes = header_bytes(page);
            assert!(bytes < 3_700, "{} has {bytes} bytes of headers", page.url.path());
        }
    }
}

/// A flow that was replaced, of a page that its `state` cannot name.
#[tokio::test]
async fn a_lost_silent_sign_in_for_a_long_address_shows_no_error_either() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.browser.plant(&world.app.url, "app.session", "");
    let long = format!("/protected?q={}", "a".repeat(2_000));
    let guarded = world.browser.navigate(&world.app.at(&long)).await;
    let begun = world.browser.navigate(&guarded.location().unwrap()).await;
    let flow = world.browser.cookies(&world.app.url, ".flow.").pop().unwrap().0;
    world.browser.plant(&world.app.url, &flow, "");
    let answer = world.browser.navigate(&begun.location().unwrap()).await;
    let end = world.browser.navigate(&answer.location().unwrap()).await;
    assert_eq!((end.status, end.path().as_str()), (StatusCode::SEE_OTHER, "/"));
}

/// Tabs that open at once, as from a folder of bookmarks: no request knows the cookies of the others.
#[tokio::test]
async fn many_silent_sign_ins_at_once_leave_few_cookies_and_show_no_error() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let provider_session = world.browser.clone();
    let mut tabs = Vec::new();
    for tab in 0..16 {
        // As the browser was before any of the answers.
        let mut browser = provider_session.clone();
        ["app.session", "app.silent"].iter().for_each(|name| browser.plant(&world.app.url, name, ""));
        let guarded = browser.navigate(&world.app.at(&format!("/protected?tab={tab}"))).await;
        let begun = browser.navigate(&guarded.location().unwrap()).await;
        tabs.push((tab, begun, browser));
    }
    // The answers arrive, and each sets its cookies.
    let mut together = provider_session;
    ["app.session", "app.silent"].iter().for_each(|name| together.plant(&world.app.url, name, ""));
    for (_, _, browser) in &tabs {
        for (name, value) in browser.cookies(&world.app.url, "app.") {
            together.plant(&world.app.url, &name, &value);
        }
    }
    let flows = together.cookies(&world.app.url, ".flow.");
    let bytes: usize = flows.iter().map(|(name, value)| name.len() + 1 + value.len() + 2).sum();
    assert!(flows.len() <= 4 && bytes < 4_096, "{} flows, {bytes} bytes", flows.len());
    // A tab whose flow was replaced shows no error: it gets to its page once another tab has signed in, and before that to
    // the sign-in page that leads there.
    let mut signed_in = 0;
    for (tab, begun, _) in tabs {
        let page = together.follow(begun).await;
        let (wanted, login) =
            (format!("/protected?tab={tab}"), format!("/login?callbackUrl=%2Fprotected%3Ftab%3D{tab}"));
        let end = &page.url[url::Position::BeforePath..];
        signed_in += usize::from(end == wanted);
        assert!(end == wanted || (end == login && signed_in == 0), "{end}");
    }
    // At least the tab that began last has kept its flow.
    assert!(signed_in >= 1);
}

#[tokio::test]
async fn six_sign_ins_may_be_under_way_in_one_browser() {
    let mut world = world().await;
    let mut begun = Vec::new();
    for tab in 0..6 {
        world.app.clock.advance(chrono::TimeDelta::seconds(1));
        begun.push(world.begin(&format!("/protected?tab={tab}")).await);
    }
    assert_eq!(world.browser.cookies(&world.app.url, ".flow.").len(), 6);
    let login = world.browser.follow(begun.remove(0)).await;
    let answer = world.provider.continue_as(&mut world.browser, &login, "alice").await;
    assert_eq!(world.browser.get(&answer.location().unwrap()).await.path(), "/protected?tab=0");
}

#[tokio::test]
async fn a_browser_with_many_flows_under_way_drops_its_oldest() {
    let mut world = world().await;
    let first = world.at_provider("/", "alice").await;
    for _ in 0..8 {
        world.app.clock.advance(chrono::TimeDelta::seconds(1));
        world.begin("/").await;
    }
    let refused = world.browser.get(&first.location().unwrap()).await;
    assert_eq!(refused.path(), "/login?error=invalid_state");
    let answer = world.at_provider_again("/protected").await;
    assert_eq!(world.browser.get(&answer.location().unwrap()).await.path(), "/protected");
}
