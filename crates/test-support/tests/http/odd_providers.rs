//! Unusual and faulty provider answers. A provider's failure must not end a session.

use crate::support::{World, changed, world, world_with};
use chrono::TimeDelta;
use dev_provider::{CustomResponse, Document, Endpoint, Fault};
use futures::future::join_all;
use http::StatusCode;
use serde_json::{Value, json};
use std::time::Duration;
use test_support::Browser;

fn text(status: u16, content_type: &str, body: &str) -> CustomResponse {
    CustomResponse { status, content_type: content_type.to_owned(), body: body.to_owned() }
}

fn members(document: Document, value: &Value) -> Fault {
    Fault::Members(document, value.as_object().unwrap().clone())
}

impl World {
    /// Advances the clock past the pause that follows a provider failure.
    fn wait_out_the_pause(&self) {
        self.app.clock.advance(TimeDelta::seconds(61));
    }

    /// Signs in while `document` contains `claims`; returns the path of the final redirect.
    async fn signed_in_with(&mut self, document: Document, claims: &Value) -> String {
        self.browser = Browser::new();
        self.provider.faults().add_times(members(document, claims), 1);
        self.sign_in("/", "alice").await.path()
    }
}

#[tokio::test]
async fn no_trouble_at_the_token_endpoint_ends_a_session() {
    let grant = json!({"error": "invalid_grant", "error_description": "try later"});
    let answers = [
        CustomResponse::json(429, &json!({"error": "too_many_requests"})),
        CustomResponse::json(503, &json!({"error": "temporarily_unavailable"})),
        CustomResponse::json(429, &grant),
        CustomResponse::json(500, &grant),
        CustomResponse::json(400, &json!({"error": "invalid_client"})),
        CustomResponse::json(401, &json!({"error": "invalid_client"})),
        CustomResponse::json(400, &json!({"error": "unauthorized_client"})),
        CustomResponse::json(400, &json!({"error": "invalid_request"})),
        CustomResponse::json(400, &json!({"error": "slow_down"})),
        CustomResponse::json(400, &json!({"error": {"code": "invalid_grant"}})),
        CustomResponse::json(400, &json!({"error": null})),
        CustomResponse::json(400, &json!({"message": "invalid_grant"})),
        CustomResponse::json(400, &json!("invalid_grant")),
        CustomResponse::json(200, &json!({})),
        CustomResponse::json(200, &json!([])),
        CustomResponse::json(200, &json!({"access_token": ""})),
        CustomResponse::json(200, &json!({"access_token": null, "expires_in": 3600})),
        CustomResponse::json(200, &json!({"access_token": "a", "token_type": "mac"})),
        text(400, "text/html", "<h1>invalid_grant</h1>"),
        text(200, "text/html", "<h1>Sign in</h1>"),
        text(401, "text/plain", ""),
        text(403, "text/html", "blocked by the firewall"),
        text(404, "text/html", "not found"),
        text(200, "application/json", "{\"access_token\": \"cut of"),
        text(204, "application/json", ""),
    ];
    for answer in answers {
        let mut world = world().await;
        world.sign_in("/", "alice").await;
        world.provider.faults().add_times(Fault::Answer(Endpoint::Token, answer.clone()), 1);
        assert_eq!(world.renew().await.status, StatusCode::SERVICE_UNAVAILABLE, "{answer:?}");
        assert_eq!(world.status().await, 200, "{answer:?}");
        world.wait_out_the_pause();
        assert_eq!(world.renew().await.status, StatusCode::OK, "{answer:?}");
    }
}

#[tokio::test]
async fn a_refused_grant_ends_the_session_whatever_the_http_status() {
    for status in [400, 401, 403, 200] {
        let mut world = world().await;
        world.sign_in("/", "alice").await;
        let refused = CustomResponse::json(status, &json!({"error": "invalid_grant"}));
        world.provider.faults().add_times(Fault::Answer(Endpoint::Token, refused), 1);
        assert_eq!(world.renew().await.status, StatusCode::UNAUTHORIZED, "{status}");
        assert_eq!(world.status().await, 401, "{status}");
    }
}

#[tokio::test]
async fn a_refresh_for_another_user_ends_the_session() {
    for claims in [json!({"sub": "somebody-else"}), json!({"iss": "http://somebody-else.localhost"})] {
        let mut world = world().await;
        world.sign_in("/", "alice").await;
        world.provider.faults().add_times(members(Document::IdToken, &claims), 1);
        assert_eq!(world.renew().await.status, StatusCode::UNAUTHORIZED, "{claims}");
        assert_eq!(world.status().await, 401, "{claims}");
    }
}

#[tokio::test]
async fn new_tokens_are_kept_when_only_their_id_token_cannot_be_verified() {
    let claims = |value| members(Document::IdToken, &value);
    let faults = [
        Fault::WrongKid,
        Fault::BadSignature,
        Fault::AlgNone,
        Fault::Hs256WithPublicKey,
        Fault::Expired,
        Fault::NotYetValid,
        Fault::WrongAud,
        Fault::WrongAzp,
        claims(json!({"exp": "soon"})),
        claims(json!({"sub": 42})),
        claims(json!({"sid": {}})),
        Fault::NoIdToken,
    ];
    let rounds = faults.into_iter().map(|fault| async move {
        let mut world = world().await;
        world.sign_in("/", "alice").await;
        let before = world.session().await.record;
        world.provider.faults().add_times(fault.clone(), 1);
        assert_eq!(world.renew().await.status, StatusCode::OK, "{fault:?}");
        // Past the grace period in which the provider accepts the old refresh token again.
        world.app.clock.advance(TimeDelta::minutes(5));
        // The app shares a result with late callers for 2 s of real time. Wait for the next refresh.
        tokio::time::sleep(Duration::from_millis(2050)).await;
        assert_eq!(world.renew().await.status, StatusCode::OK, "{fault:?}: the new refresh token was lost");
        let after = world.session().await.record;
        assert_eq!((&after.subject, &after.user), (&before.subject, &before.user), "{fault:?}");
    });
    join_all(rounds.map(Box::pin)).await;
}

#[tokio::test]
async fn a_forged_token_of_another_user_ends_no_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    world.provider.faults().add_times(members(Document::IdToken, &json!({"sub": "somebody-else"})), 1);
    world.provider.faults().add_times(Fault::BadSignature, 1);
    assert_eq!(world.renew().await.status, StatusCode::OK);
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn a_key_rotation_with_slow_answers_ends_no_session() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let bob = {
        let alice = std::mem::take(&mut world.browser);
        world.sign_in("/", "bob").await;
        std::mem::replace(&mut world.browser, alice)
    };
    let alice = world.session().await;
    let swapped = std::mem::replace(&mut world.browser, bob);
    let bob = world.session().await;
    world.provider.provider.rotate_keys().await.unwrap();
    world.provider.faults().add_times(Fault::Slow(Endpoint::Jwks, Duration::from_millis(300)), 3);
    let fetched = world.provider.provider.counters().jwks;
    let refresher = &world.app.auth.refresher();
    let (first, second) = tokio::join!(refresher.renew(&alice), refresher.renew(&bob));
    assert!(first.is_ok() && second.is_ok());
    assert_eq!(world.provider.provider.counters().jwks, fetched + 1, "one JWKS request");
    assert_eq!(world.status().await, 200);
    world.browser = swapped;
    assert_eq!(world.status().await, 200);
}

#[tokio::test]
async fn a_strangers_unknown_key_does_not_delay_a_sign_in() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let made_up = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im1hZGUgdXAifQ.e30.AAAA";
    let url = world.app.at("/auth/backchannel-logout");
    let refused = Browser::new().post(&url, &[("logout_token", made_up)]).await;
    assert_eq!(refused.status, StatusCode::BAD_REQUEST);
    // In the same second the provider rotates its keys.
    world.provider.provider.rotate_keys().await.unwrap();
    world.browser = Browser::new();
    assert_eq!(world.sign_in("/protected", "alice").await.path(), "/protected");
}

#[tokio::test]
async fn a_slow_refresh_continues_in_the_background() {
    let mut world = world().await;
    world.sign_in("/", "alice").await;
    let session = world.session().await;
    let mut bus = world.app.auth.sessions().events();
    world.provider.faults().add_times(Fault::Slow(Endpoint::Token, Duration::from_secs(6)), 1);
    assert_eq!(world.renew().await.status, StatusCode::SERVICE_UNAVAILABLE, "a request waits 5 s at most");
    changed(&mut bus).await;
    assert!(world.session().await.record.checked_at >= session.record.checked_at);
    assert_eq!((world.status().await, world.refreshes()), (200, 1));
}

#[tokio::test]
async fn optional_values_may_have_any_shape() {
    let mut world = world().await;
    for (document, odd) in [
        (Document::TokenAnswer, json!({"expires_in": "3600"})),
        (Document::TokenAnswer, json!({"expires_in": 3599.5, "scope": ["openid"]})),
        (Document::TokenAnswer, json!({"expires_in": {}, "scope": 7, "token_type": "bearer"})),
        (Document::IdToken, json!({"name": ["Alice"], "address": "a string", "updated_at": "yesterday"})),
        (Document::IdToken, json!({"picture": {}, "phone_number_verified": "maybe", "locale": 1})),
        (Document::IdToken, json!({"email": "", "email_verified": "yes"})),
        (Document::IdToken, json!({"groups": vec!["a long name of a group"; 400]})),
        (Document::IdToken, json!({"sid": null})),
    ] {
        assert_eq!(world.signed_in_with(document, &odd).await, "/", "{odd}");
        assert_eq!(world.status().await, 200, "{odd}");
    }
    // A timestamp may have a fraction (RFC 7519 §2, NumericDate).
    let iat = world.app.clock.now().timestamp();
    let fractions =
        json!({"iat": iat as f64 + 0.25, "exp": iat as f64 + 300.5, "auth_time": iat as f64 - 0.5});
    assert_eq!(world.signed_in_with(Document::IdToken, &fractions).await, "/");
}

#[tokio::test]
async fn a_security_relevant_claim_of_the_wrong_shape_is_refused() {
    let mut world = world().await;
    for claims in [
        json!({"sub": ""}),
        json!({"sub": 5}),
        json!({"sub": ["alice"]}),
        json!({"sub": "x".repeat(256)}),
        json!({"iss": ["http://auth.wow.localhost"]}),
        json!({"aud": {"client": "demo"}}),
        json!({"aud": ["demo", "somebody-else"]}),
        json!({"aud": ["demo", 7]}),
        json!({"azp": ["demo"]}),
        json!({"nonce": 7}),
        json!({"exp": "4000000000"}),
        json!({"exp": null}),
        json!({"iat": "yesterday"}),
        json!({"iat": null}),
        json!({"nbf": "tomorrow"}),
        json!({"auth_time": "noon"}),
        json!({"acr": 1}),
        json!({"amr": "pwd"}),
        json!({"sid": 7}),
        json!({"sid": ["a"]}),
    ] {
        let path = world.signed_in_with(Document::IdToken, &claims).await;
        assert!(path.starts_with("/login?error="), "{claims}: {path}");
        assert_eq!(world.status().await, 401, "{claims}");
    }
}

#[tokio::test]
async fn claims_missing_in_the_id_token_come_from_userinfo() {
    let mut world = world().await;
    let thin = json!({"email": null, "email_verified": null, "name": null, "picture": null});
    assert_eq!(world.signed_in_with(Document::IdToken, &thin).await, "/");
    let user = world.session().await.record.user.clone();
    assert_eq!(user.email.as_deref(), Some("alice@example.com"));
    assert_eq!(user.name.as_deref(), Some("Alice Adams"));
    // A userinfo answer about another user is ignored, and so is a failure of userinfo.
    for fault in [
        members(Document::Userinfo, &json!({"sub": "somebody-else", "email": "m@example.com"})),
        Fault::Status500(Endpoint::Userinfo),
        Fault::Answer(Endpoint::Userinfo, text(200, "text/html", "<h1>Hello</h1>")),
    ] {
        world.provider.faults().add_times(fault.clone(), 1);
        assert_eq!(world.signed_in_with(Document::IdToken, &thin).await, "/", "{fault:?}");
        assert_eq!(world.session().await.record.user.email, None, "{fault:?}");
    }
}

#[tokio::test]
async fn the_providers_clock_may_differ_by_the_configured_tolerance() {
    let ahead = |world: &World, seconds: i64| json!({"iat": world.app.clock.now().timestamp() + seconds});
    let mut world = world().await;
    let (within, beyond) = (ahead(&world, 25), ahead(&world, 45));
    assert_eq!(world.signed_in_with(Document::IdToken, &within).await, "/");
    assert!(world.signed_in_with(Document::IdToken, &beyond).await.starts_with("/login?error="));
    let mut world = world_with(vec![("AUTH_CLOCK_TOLERANCE", "60".to_owned())]).await;
    let beyond = ahead(&world, 45);
    assert_eq!(world.signed_in_with(Document::IdToken, &beyond).await, "/");
}

#[tokio::test]
async fn a_minute_of_clicks_with_one_minute_tokens_takes_two_refreshes() {
    let mut world = world().await;
    world.provider.faults().add(members(Document::TokenAnswer, &json!({"expires_in": 60})));
    world.sign_in("/", "alice").await;
    for _ in 0..60 {
        world.app.clock.advance(TimeDelta::seconds(1));
        let before = world.refreshes();
        let mut bus = world.app.auth.sessions().events();
        world.get("/protected").await;
        if world.session().await.record.tokens_expire_at.unwrap() - world.app.clock.now()
            <= TimeDelta::seconds(30)
        {
            changed(&mut bus).await;
            assert_eq!(world.refreshes(), before + 1);
            tokio::time::sleep(Duration::from_millis(2050)).await;
        }
    }
    assert_eq!(world.refreshes(), 2);
}
