//! The app checks a provider's metadata before it uses any endpoint in them.

use axum::{Json, Router, routing::get};
use http::StatusCode;
use serde_json::{Value, json};
use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};
use test_support::{App, AppOptions, Browser, app_routes, bind};
use url::Url;

/// Starts a provider with `changes` in its metadata; returns the issuer and the number of JWKS requests.
async fn provider(changes: Value) -> (Url, Arc<AtomicUsize>) {
    let (listener, port) = bind().await;
    let issuer = format!("http://localhost:{port}");
    let mut metadata = json!({
        "issuer": issuer,
        "authorization_endpoint": format!("{issuer}/authorize"),
        "token_endpoint": format!("{issuer}/token"),
        "jwks_uri": format!("{issuer}/jwks"),
        "response_types_supported": ["code"],
        "subject_types_supported": ["public"],
        "id_token_signing_alg_values_supported": ["RS256"],
    });
    metadata.as_object_mut().unwrap().extend(changes.as_object().cloned().unwrap());
    let fetched = Arc::new(AtomicUsize::new(0));
    let counted = fetched.clone();
    let router =
        Router::new().route("/.well-known/openid-configuration", get(async move || Json(metadata))).route(
            "/jwks",
            get(async move || {
                counted.fetch_add(1, Ordering::SeqCst);
                Json(json!({ "keys": [] }))
            }),
        );
    tokio::spawn(async move { axum::serve(listener, router).await });
    (issuer.parse().unwrap(), fetched)
}

/// Begins a sign-in at `issuer`; returns the redirect target.
async fn sign_in_redirect(issuer: &Url) -> String {
    let clock = auth::clock::Clock::fixed(test_support::now());
    let app = App::start(bind().await, issuer, clock, AppOptions::default(), app_routes).await;
    let begun = Browser::new().post(&app.at("/auth/signin/demo"), &[]).await;
    assert_eq!(begun.status, StatusCode::SEE_OTHER);
    begun.location().unwrap().to_string()
}

#[tokio::test]
async fn a_provider_with_a_forbidden_endpoint_is_not_used() {
    let (sound, _) = provider(json!({})).await;
    assert!(sign_in_redirect(&sound).await.starts_with(&format!("{sound}authorize?")));
    for (name, endpoint) in [
        ("authorization_endpoint", "javascript:alert(1)"),
        ("authorization_endpoint", "http://op.example/authorize"),
        ("token_endpoint", "http://op.example/token"),
        ("token_endpoint", "https://user:secret@op.example/token"),
        ("jwks_uri", "http://op.example/jwks"),
        ("jwks_uri", "file:///etc/passwd"),
    ] {
        let (issuer, fetched) = provider(json!({ name: endpoint })).await;
        let sign_in_redirect = sign_in_redirect(&issuer).await;
        assert!(
            sign_in_redirect.ends_with("/login?error=provider_unavailable"),
            "{name} {endpoint}: {sign_in_redirect}"
        );
        if name == "jwks_uri" {
            assert_eq!(fetched.load(Ordering::SeqCst), 0);
        }
    }
}

#[tokio::test]
async fn a_forbidden_optional_endpoint_counts_as_missing() {
    for name in ["end_session_endpoint", "userinfo_endpoint", "revocation_endpoint"] {
        for endpoint in ["http://op.example/x", "javascript:alert(1)"] {
            let (issuer, _) = provider(json!({ name: endpoint })).await;
            assert!(
                sign_in_redirect(&issuer).await.starts_with(&format!("{issuer}authorize?")),
                "{name} {endpoint}"
            );
        }
    }
}
