//! Logout tokens (Back-Channel Logout 1.0).

use crate::support::{AFTER, Suite, claims, header, logout, start_with, text};
use axum::Router;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::post;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use url::Url;

/// Starts a relying party that receives logout tokens and answers with `status`.
pub(crate) async fn relying_party(status: StatusCode) -> (Url, UnboundedReceiver<String>) {
    let (sender, receiver) = unbounded_channel();
    let take = async move |State(sender): State<UnboundedSender<String>>, body: String| {
        sender.send(body).unwrap();
        (status, [("location", "/elsewhere")])
    };
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let router = Router::new().route("/auth/backchannel-logout", post(take)).with_state(sender);
    tokio::spawn(async move { axum::serve(listener, router).await });
    // A name under localhost, which the system's resolver may not know.
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
    alice.get(&logout(&[("id_token_hint", text(&tokens["id_token"]))])).await;
    let body = received.recv().await.unwrap();
    let (_, token) =
        url::form_urlencoded::parse(body.as_bytes()).find(|(name, _)| name == "logout_token").unwrap();
    let logout_token = suite.verified(&token).await.unwrap();
    let id_token = claims(text(&tokens["id_token"]));
    assert_eq!(header(&token)["typ"], "logout+jwt");
    assert_eq!(header(&token)["alg"], "RS256");
    assert_eq!(logout_token["iss"], suite.issuer.as_str());
    assert_eq!(logout_token["aud"], "demo");
    assert_eq!((&logout_token["sub"], &logout_token["sid"]), (&id_token["sub"], &id_token["sid"]));
    assert_eq!(logout_token["iat"], 1_800_000_000);
    assert_eq!(logout_token["exp"], 1_800_000_120);
    assert!(!text(&logout_token["jti"]).is_empty());
    let event = "http://schemas.openid.net/event/backchannel-logout";
    assert_eq!(logout_token["events"], serde_json::json!({ event: {} }));
    assert!(logout_token.get("nonce").is_none());
    suite.provider.deliveries_done().await;
    assert!(received.try_recv().is_err(), "only one token per session and app");
}

#[tokio::test]
async fn an_app_outside_the_session_gets_no_logout_token() {
    let (uri, mut received) = relying_party(StatusCode::OK).await;
    let suite = start_with(|config| config.clients[1].backchannel_logout_uri = Some(uri)).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice.get(&logout(&[("id_token_hint", text(&tokens["id_token"]))])).await;
    suite.provider.deliveries_done().await;
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn a_logout_token_cannot_be_used_as_a_hint() {
    let (uri, mut received) = relying_party(StatusCode::OK).await;
    let suite = provider_with(uri).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice.get(&logout(&[("id_token_hint", text(&tokens["id_token"]))])).await;
    let body = received.recv().await.unwrap();
    suite.tokens(&alice, "alice").await;
    let token = body.strip_prefix("logout_token=").unwrap();
    assert!(alice.get(&logout(&[("id_token_hint", token)])).await.body.contains("Sign out?"));
}

#[tokio::test]
async fn a_redirect_from_an_app_is_not_followed() {
    let (uri, mut received) = relying_party(StatusCode::TEMPORARY_REDIRECT).await;
    let suite = provider_with(uri).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    alice.get(&logout(&[("id_token_hint", text(&tokens["id_token"]))])).await;
    suite.provider.deliveries_done().await;
    assert!(received.recv().await.is_some());
    assert!(received.try_recv().is_err());
}

#[tokio::test]
async fn an_app_that_hangs_delays_neither_the_sign_out_nor_the_provider() {
    let silent = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let uri = format!("http://identity.wow.localhost:{}/", silent.local_addr().unwrap().port());
    let suite = provider_with(uri.parse().unwrap()).await;
    let alice = suite.visitor();
    let tokens = suite.tokens(&alice, "alice").await;
    let started = std::time::Instant::now();
    let hint = text(&tokens["id_token"]);
    let answer = alice.get(&logout(&[("id_token_hint", hint), ("post_logout_redirect_uri", AFTER)])).await;
    assert_eq!(answer.status, 303);
    assert!(started.elapsed() < Duration::from_secs(1));
    suite.provider.deliveries_done().await;
    assert!((1..4).contains(&started.elapsed().as_secs()));
}
