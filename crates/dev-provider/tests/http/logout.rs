//! `/logout` and the logout tokens it sends.

use crate::support::{
    AFTER, FORM, Suite, ask, ask_with, authorize, claims, form, header, start, start_with, text,
};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use dev_provider::Clock;
use reqwest::Method;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

fn logout(parameters: &[(&str, &str)]) -> String {
    format!("/logout?{}", form(parameters))
}

async fn is_signed_in(visitor: &crate::support::Visitor<'_>) -> bool {
    visitor
        .get(&authorize(&ask_with("prompt", "none")))
        .await
        .param("code")
        .is_some()
}

#[tokio::test]
async fn a_good_hint_signs_out_and_returns_with_the_state_encoded() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let state = "a&b=c\r\nSet-Cookie: x=y #ü";
    let hint = text(&tokens["id_token"]);
    let answer = alice
        .get(&logout(&[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", AFTER),
            ("state", state),
        ]))
        .await;
    assert_eq!(answer.status, 303);
    assert!(answer.location().as_str().starts_with(AFTER));
    assert_eq!(answer.param("state").as_deref(), Some(state));
    assert!(!answer.headers["location"].to_str().unwrap().contains("&b=c"));
    assert!(!is_signed_in(&alice).await);
    assert_eq!(suite.userinfo(text(&tokens["access_token"])).await.status, 401);
    assert_eq!(
        suite.refresh(text(&tokens["refresh_token"])).await.error(),
        "invalid_grant"
    );
}

#[tokio::test]
async fn an_expired_hint_and_one_of_a_retired_key_still_sign_out() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    suite.clock.advance(Duration::from_secs(3600));
    suite.provider.rotate_keys().await.unwrap();
    let hint = text(&tokens["id_token"]);
    let answer = alice
        .get(&logout(&[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", AFTER),
        ]))
        .await;
    assert_eq!(answer.location().as_str(), AFTER);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_relying_partys_cross_site_form_signs_out_without_the_cookie() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let fields = [
        ("id_token_hint", text(&tokens["id_token"])),
        ("post_logout_redirect_uri", AFTER),
    ];
    let headers = [
        FORM,
        ("origin", "http://localhost:4200"),
        ("sec-fetch-site", "cross-site"),
    ];
    let answer = suite
        .send(Method::POST, "/logout", &headers, &form(&fields))
        .await;
    assert_eq!(answer.location().as_str(), AFTER);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn without_a_good_hint_the_user_is_asked_first() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let good = text(&tokens["id_token"]);
    let (input, _) = good.rsplit_once('.').unwrap();
    let forged = format!("{input}.{}", "A".repeat(342));
    let none = format!("eyJhbGciOiJub25lIn0.{}.", good.split('.').nth(1).unwrap());
    for hint in ["", "garbage", &forged, &none] {
        let request = [
            ("id_token_hint", hint),
            ("client_id", "demo"),
            ("post_logout_redirect_uri", AFTER),
        ];
        let page = alice.get(&logout(&request)).await;
        assert_eq!((page.status.as_u16(), page.is_redirect()), (200, false), "{hint}");
        assert!(page.body.contains("Sign out?") && page.body.contains("Alice Adams"));
    }
    assert!(is_signed_in(&alice).await);
    let page = alice
        .get(&logout(&[
            ("client_id", "demo"),
            ("post_logout_redirect_uri", AFTER),
        ]))
        .await;
    let answer = alice
        .post("/logout", &[("confirm", &page.hidden("confirm"))])
        .await;
    assert_eq!(answer.location().as_str(), AFTER);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_confirmation_from_elsewhere_is_refused() {
    let suite = start().await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    let confirm = alice.get("/logout").await.hidden("confirm");
    let body = form(&[("confirm", &confirm)]);
    let answer = alice
        .send(
            Method::POST,
            "/logout",
            &[FORM, ("origin", "http://evil.example")],
            &body,
        )
        .await;
    assert_eq!(answer.status, 403);
    let bob = suite.visitor();
    suite.tokens(&bob, "bob").await;
    assert_eq!(bob.post("/logout", &[("confirm", &confirm)]).await.status, 400);
    assert_eq!(alice.post("/logout", &[("confirm", "guess")]).await.status, 400);
    assert!(is_signed_in(&alice).await && is_signed_in(&bob).await);
    assert_eq!(alice.post("/logout", &[("confirm", &confirm)]).await.status, 200);
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn an_unregistered_address_is_not_redirected_to_and_says_so() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let hint = text(&tokens["id_token"]);
    let extended = format!("{AFTER}/x");
    let with_query = format!("{AFTER}?x=1");
    for address in [
        "http://evil.example/",
        &extended,
        &with_query,
        "//evil.example",
        "javascript:alert(1)",
    ] {
        let page = alice
            .get(&logout(&[
                ("id_token_hint", hint),
                ("post_logout_redirect_uri", address),
            ]))
            .await;
        assert_eq!(
            (page.status.as_u16(), page.is_redirect()),
            (400, false),
            "{address}"
        );
        assert!(page.body.contains("not registered"));
    }
    // Without client_id and hint nobody says whose address it is.
    assert_eq!(
        alice
            .get(&logout(&[("post_logout_redirect_uri", AFTER)]))
            .await
            .status,
        400
    );
    assert!(is_signed_in(&alice).await);
    let page = alice
        .get(&logout(&[("post_logout_redirect_uri", "http://evil.example/")]))
        .await;
    let answer = alice
        .post("/logout", &[("confirm", &page.hidden("confirm"))])
        .await;
    assert_eq!((answer.status.as_u16(), answer.is_redirect()), (200, false));
    assert!(!is_signed_in(&alice).await);
}

#[tokio::test]
async fn a_hint_of_another_session_or_another_client_signs_nobody_out() {
    let suite = start().await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    let bobs = suite.tokens(&suite.visitor(), "bob").await;
    let hint = text(&bobs["id_token"]);
    assert!(
        alice
            .get(&logout(&[("id_token_hint", hint)]))
            .await
            .body
            .contains("Sign out?")
    );
    let mismatch = alice
        .get(&logout(&[("id_token_hint", hint), ("client_id", "second")]))
        .await;
    assert_eq!(mismatch.status, 400);
    let twice = format!("{}&state=1&state=2", logout(&[("id_token_hint", hint)]));
    assert_eq!(alice.get(&twice).await.status, 400);
    assert!(is_signed_in(&alice).await);
    assert_eq!(suite.userinfo(text(&bobs["access_token"])).await.status, 200);
}

#[tokio::test]
async fn nobody_signed_in_gets_a_link_and_no_redirect() {
    let suite = start().await;
    let page = suite
        .visitor()
        .get(&logout(&[
            ("client_id", "demo"),
            ("post_logout_redirect_uri", AFTER),
            ("state", "s"),
        ]))
        .await;
    assert_eq!((page.status.as_u16(), page.is_redirect()), (200, false));
    assert!(page.body.contains(&format!("{AFTER}?state=s")));
}

#[tokio::test]
async fn a_code_of_an_ended_session_gives_no_tokens() {
    let suite = start().await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let code = alice.get(&authorize(&ask())).await.param("code").unwrap();
    alice
        .get(&logout(&[("id_token_hint", text(&tokens["id_token"]))]))
        .await;
    assert_eq!(suite.redeem(&code).await.error(), "invalid_grant");
}

#[tokio::test]
async fn offline_access_can_be_told_to_outlive_a_sign_out() {
    let suite = start_with(|config| config.offline_access_outlives_logout = true).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice
        .get(&logout(&[("id_token_hint", text(&tokens["id_token"]))]))
        .await;
    assert!(!is_signed_in(&alice).await);
    assert_eq!(suite.refresh(text(&tokens["refresh_token"])).await.status, 200);
}

/// A relying party that takes logout tokens and answers with `status`.
async fn relying_party(status: StatusCode) -> (Url, UnboundedReceiver<String>) {
    let (sender, receiver) = unbounded_channel();
    let take = async move |State(sender): State<UnboundedSender<String>>, body: String| {
        sender.send(body).unwrap();
        (status, [("location", "/elsewhere")])
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new()
        .route("/auth/backchannel-logout", post(take))
        .with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    // A name under localhost, which the system's resolver need not know.
    let uri = format!("http://identity.wow.localhost:{port}/auth/backchannel-logout");
    (uri.parse().unwrap(), receiver)
}

async fn provider_with(uri: Url) -> Suite {
    start_with(|config| config.clients[0].backchannel_logout_uri = Some(uri)).await
}

#[tokio::test]
async fn every_app_of_the_session_gets_a_signed_logout_token() {
    let (uri, mut received) = relying_party(StatusCode::OK).await;
    let suite = provider_with(uri).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice
        .get(&logout(&[("id_token_hint", text(&tokens["id_token"]))]))
        .await;
    let body = received.recv().await.unwrap();
    let (_, token) = url::form_urlencoded::parse(body.as_bytes())
        .find(|(name, _)| name == "logout_token")
        .unwrap();
    let logout_token = suite.verified(&token).await.unwrap();
    let id_token = claims(text(&tokens["id_token"]));
    assert_eq!(header(&token)["typ"], "logout+jwt");
    assert_eq!(header(&token)["alg"], "RS256");
    assert_eq!(logout_token["iss"], suite.issuer.as_str());
    assert_eq!(logout_token["aud"], "demo");
    assert_eq!(
        (&logout_token["sub"], &logout_token["sid"]),
        (&id_token["sub"], &id_token["sid"])
    );
    assert_eq!(logout_token["iat"], 1_800_000_000);
    assert_eq!(logout_token["exp"], 1_800_000_120);
    assert!(!text(&logout_token["jti"]).is_empty());
    let event = "http://schemas.openid.net/event/backchannel-logout";
    assert_eq!(logout_token["events"], serde_json::json!({ event: {} }));
    assert!(logout_token.get("nonce").is_none());
    suite.provider.deliveries_done().await;
    assert!(received.try_recv().is_err(), "one token a session and app");
}

#[tokio::test]
async fn an_app_that_took_no_part_hears_nothing() {
    let (uri, mut received) = relying_party(StatusCode::OK).await;
    let suite = start_with(|config| config.clients[1].backchannel_logout_uri = Some(uri)).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice
        .get(&logout(&[("id_token_hint", text(&tokens["id_token"]))]))
        .await;
    suite.provider.deliveries_done().await;
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn a_logout_token_cannot_be_used_as_a_hint() {
    let (uri, mut received) = relying_party(StatusCode::OK).await;
    let suite = provider_with(uri).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice
        .get(&logout(&[("id_token_hint", text(&tokens["id_token"]))]))
        .await;
    let body = received.recv().await.unwrap();
    suite.tokens(&alice, "alice").await;
    let token = body.strip_prefix("logout_token=").unwrap();
    assert!(
        alice
            .get(&logout(&[("id_token_hint", token)]))
            .await
            .body
            .contains("Sign out?")
    );
}

#[tokio::test]
async fn an_app_that_redirects_is_not_followed() {
    let (uri, mut received) = relying_party(StatusCode::TEMPORARY_REDIRECT).await;
    let suite = provider_with(uri).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice
        .get(&logout(&[("id_token_hint", text(&tokens["id_token"]))]))
        .await;
    suite.provider.deliveries_done().await;
    assert!(received.recv().await.is_some());
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn an_app_that_hangs_holds_up_neither_the_sign_out_nor_the_provider() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!(
        "http://identity.wow.localhost:{}/",
        silent.local_addr().unwrap().port()
    );
    let suite = provider_with(uri.parse().unwrap()).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let started = std::time::Instant::now();
    let hint = text(&tokens["id_token"]);
    let answer = alice
        .get(&logout(&[
            ("id_token_hint", hint),
            ("post_logout_redirect_uri", AFTER),
        ]))
        .await;
    assert_eq!(answer.status, 303);
    assert!(started.elapsed() < Duration::from_secs(1));
    suite.provider.deliveries_done().await;
    assert!((1..4).contains(&started.elapsed().as_secs()));
}

#[tokio::test]
async fn a_session_at_the_provider_ends_by_itself() {
    let suite = start_with(|config| config.session_ttl = Duration::from_secs(3600)).await;
    let alice = suite.visitor();
    suite.tokens(&alice, "alice").await;
    assert!(matches!(suite.clock, Clock::Manual(_)));
    suite.clock.advance(Duration::from_secs(3600));
    assert!(!is_signed_in(&alice).await);
}
