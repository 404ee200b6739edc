//! Attacks on a handoff: replay, theft, login CSRF, guessing, junk, and an identity app that is down.

use super::*;
use auth::store::{Logout, LogoutScope, LogoutTime};
use axum::routing::any;
use chrono::TimeDelta;
use futures::future::join_all;
use http::header::RETRY_AFTER;
use serde_json::json;
use std::time::{Duration, Instant};

/// The name and status of a refusal.
fn named(page: &Page) -> (StatusCode, String) {
    (page.status, page.json()["error"].as_str().unwrap_or_default().to_owned())
}

fn bad(name: &str) -> (StatusCode, String) {
    (StatusCode::BAD_REQUEST, name.to_owned())
}

#[tokio::test]
async fn a_replayed_address_opens_nothing_and_leaves_the_first_session_alone() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    world.browser.get(&url).await;
    let first = world.browser.cookie(&world.app.url, "app.session").unwrap();
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=invalid_state");
    assert_eq!(world.browser.cookie(&world.app.url, "app.session").unwrap(), first);
    assert_eq!(world.status().await, SIGNED_IN);
    assert_eq!(named(&world.verify(&url, "partner", APP_SECRET).await), bad("invalid_token"));
    assert_eq!(world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn of_fifty_verifications_at_once_exactly_one_succeeds() {
    let mut world = world().await;
    world.at_identity("alice").await;
    // The requests run at the same time, so more of them may be refused than the rate limit allows one after
    // the other.
    let url = world.minted().await;
    let all = join_all((0..50).map(|_| world.verify(&url, "partner", APP_SECRET))).await;
    assert_eq!(all.iter().filter(|page| page.status == StatusCode::OK).count(), 1);
    for page in all.iter().filter(|page| page.status != StatusCode::OK) {
        let (status, name) = named(page);
        assert!(
            (status, name.as_str()) == (StatusCode::BAD_REQUEST, "invalid_token")
                || status == StatusCode::TOO_MANY_REQUESTS,
            "{status} {name}"
        );
    }
}

#[tokio::test]
async fn a_token_is_good_for_thirty_seconds() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    world.identity.clock.advance(TimeDelta::milliseconds(29_999));
    assert_eq!(world.browser.get(&url).await.path(), "/callback");
    let mut world = self::world().await;
    world.at_identity("alice").await;
    let (one, two) = (world.minted().await, world.minted().await);
    world.identity.clock.advance(TimeDelta::seconds(31));
    assert_eq!(named(&world.verify(&one, "partner", APP_SECRET).await), bad("token_expired"));
    assert_eq!(world.browser.get(&two).await.path(), "/login?error=token_expired");
    assert_eq!(world.status().await, SIGNED_OUT);
    let page = world.browser.get(&world.app.at("/login?error=token_expired")).await;
    assert_eq!(page.status, StatusCode::OK);
}

#[tokio::test]
async fn a_token_works_only_for_its_app_and_survives_other_callers() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    let minted = params(&url);
    let body = json!({
        "handoff_token": minted["handoff_token"], "state": minted["state"], "client_id": "partner",
    });
    let verify = world.identity.at("/auth/external/handoff/verify");
    let json = [("content-type", "application/json")];
    let nobody = Browser::new().send(Method::POST, &verify, &json, &body.to_string()).await;
    assert_eq!(named(&nobody), (StatusCode::UNAUTHORIZED, "invalid_client".to_owned()));
    assert!(nobody.headers["www-authenticate"].to_str().unwrap().starts_with("Basic"));
    for (id, secret) in [("partner", "wrong"), ("partner", OTHER_SECRET), ("unknown", APP_SECRET), ("", "")] {
        let refused = world.verify_json(&body, id, secret).await;
        assert_eq!(named(&refused), (StatusCode::UNAUTHORIZED, "invalid_client".to_owned()), "{id}");
    }
    let forbidden = |name: &str| (StatusCode::FORBIDDEN, name.to_owned());
    assert_eq!(named(&world.verify_json(&body, "other", OTHER_SECRET).await), forbidden("client_mismatch"));
    assert_eq!(named(&world.verify(&url, "other", OTHER_SECRET).await), forbidden("wrong_client"));
    assert_eq!(named(&world.verify(&url, "closed", OTHER_SECRET).await), forbidden("unauthorized_client"));
    let mut elsewhere = url.clone();
    elsewhere.query_pairs_mut().clear().append_pair("handoff_token", &minted["handoff_token"]);
    elsewhere.query_pairs_mut().append_pair("state", "another");
    assert_eq!(named(&world.verify(&elsewhere, "partner", APP_SECRET).await), bad("invalid_state"));
    assert_eq!(
        world.verify(&url, "partner", APP_SECRET).await.status,
        StatusCode::OK,
        "the token is still valid"
    );
}

#[tokio::test]
async fn client_secret_post_is_accepted_too() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let minted = params(&world.minted().await);
    let mut body = json!({
        "handoff_token": minted["handoff_token"], "state": minted["state"], "client_id": "partner",
        "client_secret": "wrong",
    });
    let verify = world.identity.at("/auth/external/handoff/verify");
    let json = [("content-type", "application/json")];
    let refused = Browser::new().send(Method::POST, &verify, &json, &body.to_string()).await;
    assert_eq!(refused.status, StatusCode::UNAUTHORIZED);
    body["client_secret"] = APP_SECRET.into();
    let verified = Browser::new().send(Method::POST, &verify, &json, &body.to_string()).await;
    assert_eq!(verified.status, StatusCode::OK);
}

#[tokio::test]
async fn a_link_does_nothing_in_another_browser_and_stays_valid_in_its_own() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    // The victim is signed in as Bob.
    let mut victim = Browser::new();
    let begun = victim.post(&world.app.at("/auth/signin/demo"), &[]).await;
    let login = victim.follow(begun).await;
    let answer = world.provider.continue_as(&mut victim, &login, "bob").await;
    victim.follow(answer).await;
    let before = victim.cookie(&world.app.url, "app.session").unwrap();
    let refused = victim.get(&url).await;
    assert_eq!(refused.path(), "/login?error=invalid_state");
    assert!(refused.set_cookies().is_empty());
    assert_eq!(victim.cookie(&world.app.url, "app.session").unwrap(), before);
    let session = victim.get(&world.app.at("/auth/session")).await;
    assert_eq!(session.json()["user"]["name"], "Bob Brown");
    // A state that the victim's browser began does not help either.
    let started = victim.get(&world.app.at("/handoff/start")).await;
    let mut mixed = url.clone();
    mixed
        .query_pairs_mut()
        .clear()
        .append_pair("handoff_token", &params(&url)["handoff_token"])
        .append_pair("state", &params(&started.location().unwrap())["state"]);
    assert_eq!(victim.get(&mixed).await.path(), "/login?error=invalid_state");
    assert_eq!(world.browser.get(&url).await.path(), "/callback");
    assert_eq!(world.user().await, "Alice Adams");
}

#[tokio::test]
async fn a_session_that_ends_between_mint_and_redeem_opens_nothing() {
    for ended_by in ["sign-out here", "the provider", "another device"] {
        let mut world = world().await;
        world.at_identity("alice").await;
        let (one, two) = (world.minted().await, world.minted().await);
        let record = world.record(&world.identity).await;
        let sessions = &world.identity.auth.sessions();
        match ended_by {
            "sign-out here" => {
                let url = world.identity.at("/auth/signout");
                world.browser.post(&url, &[("scope", "local")]).await;
            }
            by => {
                let scope = match by {
                    "the provider" => LogoutScope::ProviderSession(record.sid.as_ref().unwrap()),
                    _ => LogoutScope::Subject(&record.subject),
                };
                let until = LogoutTime::Begun(world.identity.clock.now());
                let logout = Logout { issuer: &record.issuer, scope, until };
                assert_eq!(sessions.log_out(logout).await.unwrap().len(), 1);
            }
        }
        assert_eq!(
            named(&world.verify(&one, "partner", APP_SECRET).await),
            bad("session_ended"),
            "{ended_by}"
        );
        assert_eq!(world.browser.get(&two).await.path(), "/login?error=handoff_failed", "{ended_by}");
        assert_eq!(world.status().await, SIGNED_OUT);
    }
}

#[tokio::test]
async fn a_logout_that_reaches_the_app_first_refuses_the_late_handoff() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    let record = world.record(&world.identity).await;
    let (issuer, sid) = (record.issuer.as_str(), record.sid.as_deref().unwrap());
    let (scope, until) = (LogoutScope::ProviderSession(sid), LogoutTime::Begun(world.app.clock.now()));
    world.app.auth.sessions().log_out(Logout { issuer, scope, until }).await.unwrap();
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=handoff_failed");
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn a_link_past_the_launcher_does_not_sign_the_visitor_in() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let launcher = "/?open=partner";
    for path in ["/handoff/start", "/handoff/start?opening=made-up", "/handoff/start?callbackUrl=/protected"]
    {
        let started = world.browser.get(&world.app.at(path)).await;
        let refused = world.browser.get(&started.location().unwrap()).await;
        assert_eq!(refused.path(), launcher, "{path}");
    }
    // An `opening` of another app, and one that was used.
    let pressed = world.browser.post(&world.identity.at("/handoff/other"), &[]).await;
    let opening = params(&pressed.location().unwrap())["opening"].clone();
    let started = world.browser.get(&world.app.at(&format!("/handoff/start?opening={opening}"))).await;
    assert_eq!(world.browser.get(&started.location().unwrap()).await.path(), launcher);
    let pressed = world.browser.post(&world.identity.at("/handoff/partner"), &[]).await;
    let started = world.browser.get(&pressed.location().unwrap()).await;
    let back = started.location().unwrap();
    assert_eq!(Browser::new().get(&back).await.status, StatusCode::SEE_OTHER);
    let minted = world.browser.get(&back).await;
    assert_eq!(minted.location().unwrap().path(), "/callback");
    assert_eq!(world.browser.get(&back).await.path(), launcher);
    let foreign = [("origin", "https://evil.example"), ("content-type", "application/x-www-form-urlencoded")];
    let pressed =
        world.browser.send(Method::POST, &world.identity.at("/handoff/partner"), &foreign, "").await;
    assert_eq!(pressed.status, StatusCode::FORBIDDEN);
}

#[tokio::test]
async fn head_requests_and_prefetches_use_nothing_up() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let pressed = world.browser.post(&world.identity.at("/handoff/partner"), &[]).await;
    let prefetch = [("accept", "text/html"), ("sec-purpose", "prefetch;prerender")];
    let mut url = pressed.location().unwrap();
    for _ in 0..3 {
        let head = world.browser.send(Method::HEAD, &url, &[], "").await;
        assert_eq!(head.status, StatusCode::METHOD_NOT_ALLOWED, "{}", url.path());
        let prefetched = world.browser.send(Method::GET, &url, &prefetch, "").await;
        assert_eq!(prefetched.status, StatusCode::SERVICE_UNAVAILABLE, "{}", url.path());
        // A preview bot has no cookies.
        Browser::new().get(&url).await;
        url = world.browser.get(&url).await.location().unwrap();
    }
    assert_eq!(url.path(), "/callback");
    assert_eq!(world.status().await, SIGNED_IN);
}

#[tokio::test]
async fn identity_mints_for_registered_origins_and_well_formed_requests_only() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let pressed = world.browser.post(&world.identity.at("/handoff/partner"), &[]).await;
    let started = world.browser.get(&pressed.location().unwrap()).await;
    let good = started.location().unwrap();
    let with = |name: &str, value: Option<&str>| {
        let mut url = good.clone();
        let others: Vec<_> = good.query_pairs().into_owned().filter(|(known, _)| known != name).collect();
        url.query_pairs_mut().clear().extend_pairs(others);
        if let Some(value) = value {
            url.query_pairs_mut().append_pair(name, value);
        }
        url
    };
    let long = "x".repeat(600);
    for (url, rule) in [
        (with("source_url", Some("https://evil.example")), "unregistered_source_url"),
        (with("source_url", Some("http://other.localhost:9")), "unregistered_source_url"),
        (with("source_url", Some("//evil")), "unregistered_source_url"),
        (with("source_url", None), "unregistered_source_url"),
        (with("state", None), "invalid_request"),
        (with("state", Some("")), "invalid_request"),
        (with("state", Some(&long)), "invalid_request"),
        (with("state", Some("a\r\nb")), "invalid_parameters"),
        (with("redirect_uri", Some("https://evil.example")), "invalid_parameters"),
        (format!("{good}&state=x").parse().unwrap(), "invalid_parameters"),
    ] {
        let refused = world.browser.get(&url).await;
        assert_eq!(refused.status, StatusCode::BAD_REQUEST, "{rule}");
        assert!(refused.body.contains(rule) && refused.location().is_none(), "{rule}: {}", refused.body);
    }
    for (client, status) in [
        ("unknown", StatusCode::NOT_FOUND),
        ("closed", StatusCode::NOT_FOUND),
        ("PARTNER", StatusCode::NOT_FOUND),
        ("%00", StatusCode::BAD_REQUEST),
    ] {
        let mut url = good.clone();
        url.set_path(&format!("/handoff/{client}"));
        assert_eq!(world.browser.get(&url).await.status, status, "{client}");
        let press = world.identity.at(&format!("/handoff/{client}"));
        assert_eq!(world.browser.post(&press, &[]).await.status, status, "{client}");
    }
    assert_eq!(world.browser.get(&good).await.location().unwrap().path(), "/callback", "nothing was used up");
}

#[tokio::test]
async fn junk_is_never_a_server_error_and_changes_nothing() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let good = world.minted().await;
    let (token, state) = (params(&good)["handoff_token"].clone(), params(&good)["state"].clone());
    let huge = "x".repeat(8_000);
    for query in [
        "handoff_token".to_owned(),
        "handoff_token=".to_owned(),
        format!("handoff_token={token}"),
        format!("handoff_token={token}&state="),
        format!("handoff_token={token}&state=%00%ff"),
        format!("handoff_token={token}&handoff_token={token}&state={state}"),
        format!("handoff_token={token}&state={state}&state={state}"),
        format!("handoff_token={huge}&state={state}"),
        format!("handoff_token=%ff%fe%00&state={state}"),
        format!("handoff_token={token}x&state={state}"),
        format!("handoff_token=' OR 1=1 --&state={state}"),
        format!("handoff_token={token}&state={huge}"),
        format!(
            "handoff_token={token}&state={state}&{}",
            (0..40).map(|n| format!("p{n}=1")).collect::<Vec<_>>().join("&")
        ),
    ] {
        let url = format!("{}?{query}", world.app.at("/callback")).parse().unwrap();
        let refused = world.browser.get(&url).await;
        let leads_to_login = refused.path().starts_with("/login?error=");
        assert!(leads_to_login || refused.status.is_client_error(), "{} {query:.80}", refused.status);
    }
    for path in ["/handoff/start?iss=https://evil.example", "/handoff/start?iss=", "/handoff/start?x=1"] {
        assert_eq!(world.browser.get(&world.app.at(path)).await.status, StatusCode::BAD_REQUEST, "{path}");
    }
    assert_eq!(world.status().await, SIGNED_OUT);
    assert_eq!(world.browser.get(&good).await.path(), "/callback", "the valid address still works");
}

#[tokio::test]
async fn a_malformed_verify_request_is_refused_by_status() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    let minted = params(&url);
    let verify = world.identity.at("/auth/external/handoff/verify");
    let good = json!({
        "handoff_token": minted["handoff_token"], "state": minted["state"], "client_id": "partner",
        "client_secret": APP_SECRET,
    })
    .to_string();
    let doubled = good.replacen('{', "{\"state\":\"x\",", 1);
    let (extra, nested) =
        (good.replacen('{', "{\"x\":1,", 1), good.replacen("\"partner\"", "[\"partner\"]", 1));
    let huge = good.replacen('{', &format!("{{\"x\":\"{}\",", "x".repeat(70_000)), 1);
    for (content_type, body, status) in [
        ("application/json", "{", 400),
        ("application/json", "", 400),
        ("application/json", "{}", 422),
        ("application/json", &doubled, 422),
        ("application/json", &extra, 422),
        ("application/json", &nested, 422),
        ("application/json", &huge, 413),
        ("application/x-www-form-urlencoded", "handoff_token=x", 415),
        ("text/plain", &good, 415),
    ] {
        let headers = [("content-type", content_type)];
        let refused = Browser::new().send(Method::POST, &verify, &headers, body).await;
        assert_eq!(refused.status.as_u16(), status, "{body:.60}");
    }
    let get = Browser::new().get(&verify).await;
    assert_eq!(get.status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(
        world.verify(&url, "partner", APP_SECRET).await.status,
        StatusCode::OK,
        "the token is still valid"
    );
}

#[tokio::test]
async fn guesses_are_rate_limited_for_each_app_and_use_up_no_token() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    let guess = async |number: usize, id: &str, secret: &str| {
        let body = json!({ "handoff_token": format!("guess {number}"), "state": "x", "client_id": id });
        world.verify_json(&body, id, secret).await
    };
    for number in 0..30 {
        assert_eq!(named(&guess(number, "partner", APP_SECRET).await), bad("invalid_token"), "{number}");
    }
    let slowed = guess(31, "partner", APP_SECRET).await;
    assert_eq!(named(&slowed), (StatusCode::TOO_MANY_REQUESTS, "too_many_requests".to_owned()));
    assert_eq!(slowed.headers[RETRY_AFTER], "1");
    let good = world.verify(&url, "partner", APP_SECRET).await;
    assert_eq!(good.status, StatusCode::TOO_MANY_REQUESTS);
    // Another app is not limited, and requests without authentication do not count.
    assert_eq!(named(&guess(32, "other", OTHER_SECRET).await), bad("invalid_token"));
    assert_eq!(guess(33, "other", "wrong").await.status, StatusCode::UNAUTHORIZED);
    world.identity.clock.advance(TimeDelta::seconds(1));
    assert_eq!(
        world.verify(&url, "partner", APP_SECRET).await.status,
        StatusCode::OK,
        "the token was not used up"
    );
}

#[tokio::test]
async fn without_its_store_identity_uses_nothing_up_and_says_so() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    world.identity.lose_store().await;
    let refused = world.verify(&url, "partner", APP_SECRET).await;
    assert_eq!(named(&refused), (StatusCode::SERVICE_UNAVAILABLE, "session_unavailable".to_owned()));
    assert!(refused.headers.contains_key(RETRY_AFTER));
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=handoff_failed");
    assert_eq!(world.status().await, SIGNED_OUT);
}

#[tokio::test]
async fn without_its_store_the_app_uses_nothing_up_and_says_so() {
    let mut world = world().await;
    world.at_identity("alice").await;
    let url = world.minted().await;
    world.app.lose_store().await;
    let refused = world.browser.get(&url).await;
    assert_eq!(refused.status, StatusCode::SERVICE_UNAVAILABLE);
    assert!(refused.headers.contains_key(RETRY_AFTER) && refused.body.contains("session_unavailable"));
    assert_eq!(world.verify(&url, "partner", APP_SECRET).await.status, StatusCode::OK);
}

/// Starts an app whose identity app is at `issuer`, and begins a handoff. Returns the address with the token.
async fn with_identity_at(issuer: &str) -> (World, Url) {
    let options =
        AppOptions { vars: vec![("AUTH_IDENTITY_ISSUER", issuer.to_owned())], ..AppOptions::default() };
    let mut world = world_with_options(None, options, app_routes).await;
    let started = world.browser.get(&world.app.at("/handoff/start")).await;
    let state = params(&started.location().unwrap())["state"].clone();
    let mut url = world.app.at("/callback");
    url.query_pairs_mut().append_pair("handoff_token", &"t".repeat(43)).append_pair("state", &state);
    (world, url)
}

#[tokio::test]
async fn an_identity_app_that_is_down_or_answers_nonsense_is_a_failed_handoff() {
    let (socket, port) = bind().await;
    drop(socket);
    let (mut world, url) = with_identity_at(&format!("http://localhost:{port}")).await;
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=handoff_failed");
    assert_eq!(world.status().await, SIGNED_OUT);
    for (status, body) in [
        (200, "nonsense"),
        (200, "{}"),
        (200, r#"{"access_token":"a","token_type":"Bearer","expires_in":1,"session":{},"user":{}}"#),
        (302, ""),
        (400, "{}"),
        (401, r#"{"error":"invalid_client"}"#),
        (500, ""),
    ] {
        let (listener, port) = bind().await;
        let answer = any(async move || {
            (StatusCode::from_u16(status).unwrap(), [("location", "https://evil.example")], body)
        });
        tokio::spawn(async move { axum::serve(listener, Router::new().fallback_service(answer)).await });
        let (mut world, url) = with_identity_at(&format!("http://localhost:{port}")).await;
        assert_eq!(world.browser.get(&url).await.path(), "/login?error=handoff_failed", "{status} {body}");
        assert_eq!(world.status().await, SIGNED_OUT);
    }
}

#[tokio::test]
async fn an_identity_app_that_hangs_times_out_within_five_seconds() {
    let (hanging, port) = bind().await;
    let (mut world, url) = with_identity_at(&format!("http://localhost:{port}")).await;
    let begun = Instant::now();
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=handoff_failed");
    let waited = begun.elapsed();
    assert!(waited < Duration::from_secs(5), "{waited:?}");
    assert_eq!(world.status().await, SIGNED_OUT);
    drop(hanging);
}

#[tokio::test]
async fn identity_may_vouch_for_the_apps_own_providers_only() {
    let (listener, port) = bind().await;
    let session = json!({
        "provider": "demo", "iss": "https://evil.example", "sub": "1", "sid": "s",
        "issued_at": "2026-01-01T00:00:00Z", "expires_at": "2099-01-01T00:00:00Z",
    });
    let user = json!({ "sub": "1", "name": "Mallory" });
    let told = json!({
        "access_token": "a", "token_type": "Bearer", "expires_in": 300, "session": session, "user": user,
    });
    let answer = any(async move || axum::Json(told));
    tokio::spawn(async move { axum::serve(listener, Router::new().fallback_service(answer)).await });
    let (mut world, url) = with_identity_at(&format!("http://localhost:{port}")).await;
    assert_eq!(world.browser.get(&url).await.path(), "/login?error=handoff_failed");
    assert_eq!(world.status().await, SIGNED_OUT);
}
