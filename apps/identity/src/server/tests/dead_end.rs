//! A callback that comes late, twice, or in another browser: the way back to the app.

use super::*;

/// The address of the button on identity's error page.
fn button(page: &Page) -> Url {
    let (_, rest) =
        page.body.split_once(r#"class="button" href=""#).unwrap_or_else(|| panic!("{}", page.body));
    rest.split_once('"').unwrap().0.replace("&amp;", "&").parse().unwrap()
}

#[tokio::test]
async fn a_late_used_or_foreign_callback_offers_the_app_and_the_page() {
    const LOGIN: &str = "/login?error=invalid_state&callbackUrl=%2Fprotected%3Ftab%3D2";
    let mut world = world().await;
    let answer = world.at_provider().await.location().unwrap();
    let mut elsewhere = Browser::new();
    let refused = elsewhere.navigate(&answer).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    assert!(refused.body.contains("Go on to Partner"), "{}", refused.body);
    let back = button(&refused);
    assert_eq!(back.origin(), world.app.url.origin());
    assert!(!back.as_str().contains("code="), "the code stays at identity: {back}");
    assert_eq!(elsewhere.get(&back).await.path(), LOGIN);

    // Used, by the user who is signed in.
    let at_app = world.browser.get(&answer).await;
    assert_eq!(world.browser.follow(at_app).await.url.path(), "/protected");
    let used = world.browser.navigate(&answer).await.location().unwrap();
    assert!(!used.as_str().contains("code="), "{used}");
    let page = world.browser.get(&used).await;
    assert_eq!((page.path().as_str(), page.set_cookies().len()), ("/protected?tab=2", 0));

    // Used, and signed out since.
    world.sign_out_of_app("local").await;
    let used = world.browser.navigate(&answer).await.location().unwrap();
    assert_eq!(world.browser.get(&used).await.path(), LOGIN);
}

#[tokio::test]
async fn a_sign_in_whose_record_identity_has_lost_goes_there_again_once() {
    const LOGIN: &str = "/login?error=invalid_state&callbackUrl=%2Fprotected%3Ftab%3D2";
    let mut world = world().await;
    let answer = world.at_provider().await.location().unwrap();
    // The browser has lost identity's record of the sign-in, but not the app's.
    world.identity.clock.advance(chrono::TimeDelta::minutes(9));
    let flows = world.browser.cookies(&world.identity.url, ".flow.");
    for (name, _) in &flows {
        world.browser.plant(&world.identity.url, name, "");
    }
    let back = world.browser.navigate(&answer).await.location().unwrap();
    let mut impatient = world.browser.clone();
    let again = world.browser.get(&back).await;
    assert_eq!(again.location().unwrap().path(), "/authorize");
    assert_eq!(impatient.get(&back).await.path(), LOGIN, "not twice");
    assert_eq!(Browser::new().get(&back).await.path(), LOGIN, "not in another browser");
    // The provider knows the user by now.
    let page = world.browser.follow(again).await;
    assert_eq!((page.url.path(), page.url.query()), ("/protected", Some("tab=2")));
    assert_eq!(world.status().await, SIGNED_IN);
    assert_eq!(world.browser.get(&back).await.path(), "/protected?tab=2");
}

#[tokio::test]
async fn a_long_deep_link_signs_in_through_identity() {
    for length in [339, 340, 341, 343, 511, 512, 513, 2_000] {
        let mut world = world().await;
        let page = format!("/protected?{}", "a".repeat(length - "/protected?".len()));
        let begun = world.browser.post(&world.app.at("/auth/signin/demo"), &[("callbackUrl", &page)]).await;
        let login = world.browser.follow(begun).await;
        assert_eq!(login.status, StatusCode::OK, "{length}: {}", login.body);
        let answer = world.provider.continue_as(&mut world.browser, &login, "alice").await;
        let at_app = world.browser.get(&answer.location().unwrap()).await.location().unwrap();
        assert_eq!(world.browser.get(&at_app).await.path(), page, "{length}");
    }
}

#[tokio::test]
async fn identitys_dead_end_names_only_registered_apps_and_its_own_states() {
    let mut world = world().await;
    let answer = world.at_provider().await.location().unwrap();
    let (_, state) = answer.query_pairs().find(|(name, _)| name == "state").unwrap();
    for state in ["unknown", "", &state[1..], "http://evil.example"] {
        let url = format!(
            "{}?code=c&state={state}&source_url=http://evil.example",
            world.identity.at("/auth/callback/demo")
        );
        let refused = Browser::new().navigate(&url.parse().unwrap()).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{state}");
        assert!(refused.body.contains(r#"href="/""#) && !refused.body.contains("evil"), "{}", refused.body);
    }
}
